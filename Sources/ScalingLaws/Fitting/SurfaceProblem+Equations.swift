import Foundation

extension SurfaceProblem {
    /// Evaluates all runs, profiles the floors and forms the normal equations.
    ///
    /// - Parameter state: coefficients, offsets and scales.
    /// - Returns: The equations; `objective` is infinite where the surface overflows.
    func equations(at state: SurfaceState) -> SurfaceEquations {
        let p = parameterCount
        let q = nuisanceCount
        let precision: Double = 1 / (state.noise * state.noise)
        var result = SurfaceEquations(
            hessian: .init(repeating: 0, count: p * p), right: .init(repeating: 0, count: p),
            diagonal: .init(repeating: 0, count: p), blocks: [], floors: [],
            residuals: .init(repeating: 0, count: rows.count))
        addPriors(state, to: &result)
        let widest: Int = groups.map { $0.rows.count + $0.bounds.count }.max() ?? 0
        var jacobian = [Double](repeating: 0, count: widest * p)
        var nuisance = [Double](repeating: 0, count: widest * q)
        var weights = [Double](repeating: 0, count: widest)
        var residuals = [Double](repeating: 0, count: widest)
        for g in groups.indices {
            let group = groups[g]
            for i in 0..<(group.rows.count + group.bounds.count) * p { jacobian[i] = 0 }
            for i in 0..<(group.rows.count + group.bounds.count) * q { nuisance[i] = 0 }
            var count = 0
            var sum = 0.0
            var total = 0.0
            for r in group.rows where rows[r].weight > 0 {
                let w: Double = rows[r].weight * state.robust[r] * state.misfit[r] * precision
                var value = 0.0
                for t in terms.indices {
                    let part = jacobian.withUnsafeMutableBufferPointer { buffer in
                        state.parameters.withUnsafeBufferPointer { parameters in
                            evaluate(t, parameters, rows[r].point, state.offsets[g][t], buffer, count * p)
                        }
                    }
                    value += part.value
                    nuisance[count * q + 1 + t] = part.optimumSlope
                }
                nuisance[count * q] = 1
                weights[count] = w
                residuals[count] = rows[r].response - value
                sum += w * residuals[count]
                total += w
                count += 1
            }
            let floor: Double = total > 0 ? sum / total : .nan
            result.floors.append(floor)
            var position = 0
            for r in group.rows where rows[r].weight > 0 {
                residuals[position] -= floor
                result.residuals[r] = residuals[position]
                position += 1
            }
            for b in group.bounds {
                addBound(
                    bounds[b], state, group: g, to: &jacobian, &nuisance, &weights, &residuals, &count)
            }
            eliminate(
                group: g, state, count: count, jacobian, nuisance, weights, residuals, hasFloor: total > 0,
                into: &result)
        }
        for i in 0..<p {
            for j in 0..<i { result.hessian[j * p + i] = result.hessian[i * p + j] }
        }
        if !result.objective.isFinite { result.objective = .infinity }
        return result
    }

    @inline(__always)
    func evaluate(
        _ t: Int, _ parameters: UnsafeBufferPointer<Double>, _ point: SurfacePoint, _ offset: Double,
        _ buffer: UnsafeMutableBufferPointer<Double>, _ start: Int
    ) -> (value: Double, optimumSlope: Double) {
        guard let base = parameters.baseAddress, let gradient = buffer.baseAddress else { return (0, 0) }
        return terms[t].evaluate(base, point, offset: offset, gradient: gradient + start)
    }

    private func addPriors(_ state: SurfaceState, to result: inout SurfaceEquations) {
        let p = parameterCount
        let priors = priors(at: state)
        for i in 0..<p {
            let prior = priors[i]
            let weight: Double = prior.weight(at: state.parameters[i]) / (prior.deviation * prior.deviation)
            result.objective += prior.energy(at: state.parameters[i])
            result.hessian[i * p + i] += weight
            result.diagonal[i] += weight
            result.right[i] -= weight * (state.parameters[i] - prior.mean)
        }
    }

    /// A diverged run as a one-sided residual: `(optimum + margin - log rate)_+ / width`.
    private func addBound(
        _ point: SurfacePoint, _ state: SurfaceState, group: Int, to jacobian: inout [Double],
        _ nuisance: inout [Double], _ weights: inout [Double], _ residuals: inout [Double], _ count: inout Int
    ) {
        guard let t = terms.firstIndex(where: { $0.axis == .learningRate }) else { return }
        let term = terms[t]
        let p = parameterCount
        let excess: Double = state.parameters.withUnsafeBufferPointer { parameters in
            guard let base = parameters.baseAddress else { return 0 }
            let optimum = term.logOptimum(base, point)
            let value: Double =
                optimum.value + state.offsets[group][t] + Self.divergenceMargin - point.coordinates[term.slot]
            guard value > 0 else { return 0 }
            jacobian.withUnsafeMutableBufferPointer { buffer in
                guard let gradient = buffer.baseAddress else { return }
                term.addOptimumGradient(
                    1, share: optimum.powerShare, halfSlope: optimum.halfSlope, point: point,
                    to: gradient + count * p)
            }
            return value
        }
        guard excess > 0 else { return }
        nuisance[count * nuisanceCount + 1 + t] = 1
        weights[count] = 1 / (Self.divergenceWidth * Self.divergenceWidth)
        residuals[count] = -excess
        count += 1
    }

    /// Adds one group's rows to the equations and eliminates its floor and offsets.
    private func eliminate(
        group g: Int, _ state: SurfaceState, count: Int, _ jacobian: [Double], _ nuisance: [Double],
        _ weights: [Double], _ residuals: [Double], hasFloor: Bool, into result: inout SurfaceEquations
    ) {
        let p = parameterCount
        let q = nuisanceCount
        guard count > 0 else {
            result.blocks.append(nil)
            return
        }
        var block = [Double](repeating: 0, count: q * q)
        var coupling = [Double](repeating: 0, count: q * p)
        var right = [Double](repeating: 0, count: q)
        block[0] = hasFloor ? 0 : 1
        for t in terms.indices {
            let inverse: Double = 1 / (state.deviation[t] * state.deviation[t])
            let offset: Double = state.offsets[g][t]
            block[(t + 1) * q + t + 1] = inverse
            right[t + 1] = -inverse * offset
            result.objective += inverse * offset * offset
        }
        for row in 0..<count {
            let w: Double = weights[row]
            let r: Double = residuals[row]
            result.objective += w * r * r
            for i in 0..<q {
                let wn: Double = w * nuisance[row * q + i]
                guard wn != 0 else { continue }
                right[i] += wn * r
                for j in 0..<q { block[i * q + j] += wn * nuisance[row * q + j] }
                for j in 0..<p { coupling[i * p + j] += wn * jacobian[row * p + j] }
            }
            for i in 0..<p {
                let wj: Double = w * jacobian[row * p + i]
                guard wj != 0 else { continue }
                result.right[i] += wj * r
                result.diagonal[i] += wj * jacobian[row * p + i]
                for j in 0...i { result.hessian[i * p + j] += wj * jacobian[row * p + j] }
            }
        }
        guard let factor = DenseCholesky(block, order: q) else {
            result.blocks.append(nil)
            return
        }
        // H - C' D^-1 C = H - (L^-1 C)' (L^-1 C)
        var reduced = [Double](repeating: 0, count: q * p)
        for j in 0..<p {
            let column = factor.forward((0..<q).map { coupling[$0 * p + j] })
            for i in 0..<q { reduced[i * p + j] = column[i] }
        }
        let reducedRight = factor.forward(right)
        for k in 0..<q {
            for i in 0..<p {
                let c: Double = reduced[k * p + i]
                guard c != 0 else { continue }
                result.right[i] -= c * reducedRight[k]
                for j in 0...i { result.hessian[i * p + j] -= c * reduced[k * p + j] }
            }
        }
        result.blocks.append((factor, coupling, right))
    }
}
