import Foundation

/// A minimum of `PowerSumModel` near a start: Newton's method with bounds and damping.
///
/// Bounds are E, a, b >= 0 and the exponents' range. A parameter at a bound whose gradient points outwards is
/// left out of the step, the exponent of a term of size 0 always. The step solves `(H + lambda M) s = -g`
/// over the others, with M the diagonal of a matrix that majorises H; lambda grows until the matrix is
/// positive definite and the value falls, and shrinks to nothing near the minimum, where the method is
/// Newton's own. The gradient of the Huber loss is piecewise linear in the residuals, so the last steps
/// converge quadratically.
struct PowerSumSolver {
    typealias Vector = PowerSumModel.Vector
    typealias Slot = PowerSumModel.Slot

    /// Where the search ended.
    struct Minimum {
        var point: Vector
        var value: Double
        /// Largest gradient component that a bound does not hold.
        var gradient: Double
        var converged: Bool
        /// Whether the Hessian over the free parameters is positive definite: a minimum, not a saddle.
        var isStrict: Bool
    }

    /// Steps before giving up.
    var maximumSteps = 100

    /// Descends from a start.
    func minimise(_ model: PowerSumModel, from start: Vector) -> Minimum {
        var point = Self.clamped(start, model)
        var local = model.local(point)
        var damping = 0.0
        let tolerance: Double = 1e-10 * model.delta * max(model.totalWeight, 1)
        var strict = false
        for _ in 0..<maximumSteps {
            let free = Self.free(point, local.gradient, model)
            let size: Double = Self.largest(local.gradient, free)
            if size <= tolerance || free.isEmpty {
                strict = free.isEmpty || Self.step(local, free, damping: 0) != nil
                return Minimum(
                    point: point, value: local.value, gradient: size, converged: true, isStrict: strict)
            }
            var moved = false
            for _ in 0..<40 {
                guard let step = Self.step(local, free, damping: damping) else {
                    damping = damping == 0 ? 1e-4 : damping * 10
                    continue
                }
                let next = Self.clamped(point + step, model)
                let candidate = model.local(next)
                // What a linear model promises of the clamped step; rounding of the value is below 1e-15 of
                // its size.
                let promised: Double = -((next - point) * local.gradient).sum()
                let fell: Double = local.value - candidate.value
                if fell >= 1e-4 * promised && promised > 0 {
                    point = next
                    local = candidate
                    damping = damping < 1e-6 ? 0 : damping * 0.1
                    moved = true
                    break
                }
                if abs(fell) <= 1e-14 * local.value,
                    Self.largest(candidate.gradient, Self.free(next, candidate.gradient, model)) < size
                {
                    point = next
                    local = candidate
                    moved = true
                    break
                }
                damping = damping == 0 ? 1e-4 : damping * 10
            }
            if !moved { break }
        }
        let free = Self.free(point, local.gradient, model)
        strict = Self.step(local, free, damping: 0) != nil
        let size: Double = Self.largest(local.gradient, free)
        return Minimum(
            point: point, value: local.value, gradient: size, converged: size <= 100 * tolerance,
            isStrict: strict)
    }

    /// Descends through a sequence of ever sharper losses: a wide Huber loss is smooth and has fewer
    /// stationary points.
    func minimiseBySharpening(_ model: PowerSumModel, from start: Vector) -> Minimum {
        var blunt = model
        var point = start
        let typical: Double = model.residuals(Self.clamped(start, model)).map { abs($0) }.median ?? 0
        var width: Double = min(4 * typical, 1)
        while width > 2 * model.delta {
            blunt.delta = width
            point = PowerSumSolver(maximumSteps: 15).minimise(blunt, from: point).point
            width *= 0.25
        }
        return minimise(model, from: point)
    }

    static func clamped(_ point: Vector, _ model: PowerSumModel) -> Vector {
        let range = PowerSumModel.exponentRange
        var result = point
        result[Slot.floor] = model.hasFloor ? max(0, point[Slot.floor]) : 0
        result[Slot.first] = max(0, point[Slot.first])
        result[Slot.second] = model.hasSecond ? max(0, point[Slot.second]) : 0
        for slot in [Slot.firstExponent, Slot.secondExponent] {
            result[slot] = min(max(point[slot], range.lowerBound), range.upperBound)
        }
        return result
    }

    private static func free(_ point: Vector, _ gradient: Vector, _ model: PowerSumModel) -> [Int] {
        let range = PowerSumModel.exponentRange
        var slots: [Int] = []
        if model.hasFloor, point[Slot.floor] > 0 || gradient[Slot.floor] < 0 { slots.append(Slot.floor) }
        let terms =
            [(Slot.first, Slot.firstExponent)]
            + (model.hasSecond ? [(Slot.second, Slot.secondExponent)] : [])
        for (amplitude, exponent) in terms {
            if point[amplitude] > 0 || gradient[amplitude] < 0 { slots.append(amplitude) }
            guard point[amplitude] > 0 else { continue }
            let low: Bool = point[exponent] <= range.lowerBound && gradient[exponent] >= 0
            let high: Bool = point[exponent] >= range.upperBound && gradient[exponent] <= 0
            if !low && !high { slots.append(exponent) }
        }
        return slots
    }

    private static func largest(_ gradient: Vector, _ free: [Int]) -> Double {
        free.reduce(0) { max($0, abs(gradient[$1])) }
    }

    /// The damped Newton step over the free parameters; `nil` when its matrix is not positive definite.
    private static func step(_ local: PowerSumModel.Local, _ free: [Int], damping: Double) -> Vector? {
        let d = free.count
        guard d > 0 else { return nil }
        var matrix = [Double](repeating: 0, count: d * d)
        for (j, column) in free.enumerated() {
            for (i, row) in free.enumerated() { matrix[i * d + j] = local.hessian[column][row] }
            matrix[j * d + j] += damping * local.metric[column]
        }
        for slot in free where !(local.hessian[slot][slot] + damping * local.metric[slot] > 0) { return nil }
        guard let factor = DenseCholesky(matrix, order: d) else { return nil }
        let solution = factor.solve(free.map { -local.gradient[$0] })
        var step = Vector.zero
        for (i, slot) in free.enumerated() { step[slot] = solution[i] }
        return step
    }
}
