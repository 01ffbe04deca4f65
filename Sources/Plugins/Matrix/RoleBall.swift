internal import Engine

/// The norm and radius of a tensor by its role, from settings called `radius_input`, `radius_hidden` and so on.
///
/// Roles that say "matrix" fall back to the vector's norm when the tensor is none.
struct RoleBall: Sendable {
    var norm: LMONorm
    var radius: Double

    init(_ slot: TensorSlot, _ settings: OptimizerSettings) throws {
        let isMatrix = slot.shape.count >= 2
        switch slot.role {
        case .input where isMatrix: (norm, radius) = (.spectralMax, try settings.real("radius_input"))
        case .hidden where isMatrix, .convolution where isMatrix:
            (norm, radius) = (.spectralRMS, try settings.real("radius_hidden"))
        case .output where isMatrix: (norm, radius) = (.signIn, try settings.real("radius_output"))
        case .embedding where isMatrix: (norm, radius) = (.signIn, try settings.real("radius_embedding"))
        default: (norm, radius) = (.biasRMS, try settings.real("radius_bias"))
        }
    }
}
