public import ScalingLaws

extension OptimizerGeometry {
    /// The geometry as laws know it: which prior applies.
    public var updateGeometry: UpdateGeometry {
        switch self {
        case .gradient: .gradient
        case .euclidean, .sign, .spectral: .normalized
        }
    }
}
