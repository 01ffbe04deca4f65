import Foundation

/// Where a run stands: the numbers a surface is evaluated at.
struct SurfacePoint {
    /// Log coordinates of the axes, in the order of `LawAxis.allCases`.
    var coordinates: SIMD4<Double>
    /// Log of each variable over its reference, in the order of `LawVariable.allCases`.
    var covariates: SIMD8<Double>
    /// Log batch size in tokens (not divided by the reference): ceilings are stated in tokens.
    var logBatch: Double
}

/// One axis of the surface and where its coefficients stand in the parameter vector:
///
///     [ log c, exponents..., bends..., (log limit, log halfBatch), log k, exponents of k..., skew ]
struct SurfaceTerm {
    let axis: LawAxis
    /// Index of the axis in `SurfacePoint.coordinates`.
    let slot: Int
    /// Variables (indices into `covariates`) the optimum moves with.
    let variables: [Int]
    /// How the law bends along tokens and model size.
    var bends: [SurfaceBends] = []
    /// Variables the curvature moves with.
    let curvatureVariables: [Int]
    /// Shape of the law; only the learning rate has ceilings.
    let form: LawForm
    /// First index in the parameter vector.
    let start: Int
    /// k of the smooth minimum.
    let sharpness: Double

    var coefficientIndex: Int { start }
    func exponentIndex(_ i: Int) -> Int { start + 1 + i }
    var limitIndex: Int { start + 1 + variables.count + bends.reduce(0) { $0 + $1.count } }
    var halfBatchIndex: Int { limitIndex + 1 }
    var curvatureIndex: Int { limitIndex + form.ceilingParameters }
    func curvatureExponentIndex(_ i: Int) -> Int { curvatureIndex + 1 + i }
    var skewIndex: Int { curvatureIndex + 1 + curvatureVariables.count }
    var end: Int { skewIndex + 1 }

    /// Log of the unsaturated power law.
    @inline(__always)
    func logPower(_ parameters: UnsafePointer<Double>, _ point: SurfacePoint) -> Double {
        var sum: Double = parameters[start]
        for i in 0..<variables.count { sum += parameters[start + 1 + i] * point.covariates[variables[i]] }
        for bend in bends { sum += bend.deviation(parameters, at: point) }
        return sum
    }

    /// Log optimum, the share of it that follows the power law (1 without a ceiling), and the derivative of the
    /// log ceiling in log halfBatch.
    @inline(__always)
    func logOptimum(
        _ parameters: UnsafePointer<Double>, _ point: SurfacePoint
    ) -> (value: Double, powerShare: Double, halfSlope: Double) {
        let power: Double = logPower(parameters, point)
        guard form != .plain else { return (power, 1, 0) }
        var ceiling: Double = parameters[limitIndex]
        var halfSlope = 0.0
        if form == .batchCeiling {
            let d: Double = parameters[halfBatchIndex] - point.logBatch
            // log(B / (B + h)) = -log(1 + exp(log h - log B))
            ceiling -= d > 30 ? d : log1p(exp(d))
            halfSlope = -1 / (1 + exp(-d))
        }
        let gap: Double = sharpness * (power - ceiling)
        // -1/k log(e^{-k P} + e^{-k S}), written from the smaller of the two.
        let low: Double = min(power, ceiling)
        let value: Double = low - log1p(exp(-abs(gap))) / sharpness
        let powerShare: Double = 1 / (1 + exp(gap))
        return (value, powerShare, halfSlope)
    }

    /// Log curvature at a point.
    @inline(__always)
    func logCurvature(_ parameters: UnsafePointer<Double>, _ point: SurfacePoint) -> Double {
        var sum: Double = parameters[curvatureIndex]
        for i in 0..<curvatureVariables.count {
            sum += parameters[curvatureIndex + 1 + i] * point.covariates[curvatureVariables[i]]
        }
        return sum
    }

    /// Adds `scale * d optimum / d parameter` to the gradient.
    @inline(__always)
    func addOptimumGradient(
        _ scale: Double, share: Double, halfSlope: Double, point: SurfacePoint,
        to gradient: UnsafeMutablePointer<Double>
    ) {
        let power: Double = scale * share
        gradient[start] += power
        for i in 0..<variables.count { gradient[start + 1 + i] += power * point.covariates[variables[i]] }
        for bend in bends { bend.addGradient(power, at: point, to: gradient) }
        guard form != .plain else { return }
        gradient[limitIndex] += scale * (1 - share)
        if form == .batchCeiling { gradient[halfBatchIndex] += scale * (1 - share) * halfSlope }
    }

    /// `1/2 k phi(x - optimum - offset)`; adds its gradient and returns it with its derivative in the optimum.
    @inline(__always)
    func evaluate(
        _ parameters: UnsafePointer<Double>, _ point: SurfacePoint, offset: Double,
        gradient: UnsafeMutablePointer<Double>
    ) -> (value: Double, optimumSlope: Double) {
        let optimum = logOptimum(parameters, point)
        let k: Double = exp(min(logCurvature(parameters, point), 20))
        let x: Double = point.coordinates[slot] - optimum.value - offset
        let shape = CurveShape.evaluate(x, skew: parameters[skewIndex])
        let value: Double = 0.5 * k * shape.value
        let slope: Double = -0.5 * k * shape.slope
        addOptimumGradient(
            slope, share: optimum.powerShare, halfSlope: optimum.halfSlope, point: point, to: gradient)
        gradient[curvatureIndex] += value
        for i in 0..<curvatureVariables.count {
            gradient[curvatureIndex + 1 + i] += value * point.covariates[curvatureVariables[i]]
        }
        gradient[skewIndex] += 0.5 * k * shape.skewSlope
        return (value, slope)
    }
}
