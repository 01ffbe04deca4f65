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
            let live = group.rows.filter { rows[$0].weight > 0 }
            // Term by term: a term is a handful of arrays, which are not to be looked up again for every row.
            for t in terms.indices {
                let term = terms[t]
                let offset: Double = state.offsets[g][t]
                state.parameters.withUnsafeBufferPointer { parameters in
                    jacobian.withUnsafeMutableBufferPointer { buffer in
                        guard let parameters = parameters.baseAddress, let gradient = buffer.baseAddress
                        else { return }
                        for (position, r) in live.enumerated() {
                            let part = term.evaluate(
                                parameters, rows[r].point, offset: offset, gradient: gradient + position * p)
                            residuals[position] = (t == 0 ? 0 : residuals[position]) + part.value
                            nuisance[position * q + 1 + t] = part.optimumSlope
                        }
                    }
                }
            }
            for r in live {
                let w: Double = rows[r].weight * state.robust[r] * state.misfit[r] * precision
                nuisance[count * q] = 1
                weights[count] = w
                residuals[count] = rows[r].response - residuals[count]
                sum += w * residuals[count]
                total += w
                count += 1
            }
            let floor: Double = total > 0 ? sum / total : .nan
            result.floors.append(floor)
            for (position, r) in live.enumerated() {
                residuals[position] -= floor
                result.residuals[r] = residuals[position]
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
        result.addRows(
            count, jacobian, nuisance, weights, residuals, order: p, block: &block, coupling: &coupling,
            right: &right)
        guard let factor = DenseCholesky(block, order: q) else {
            result.blocks.append(nil)
            return
        }
        // H - C' D^-1 C = H - (L^-1 C)' (L^-1 C)
        var reduced = coupling
        factor.forward(columns: &reduced, count: p)
        result.subtract(reduced, factor.forward(right), order: p)
        result.blocks.append((factor, coupling, right))
    }
}

extension SurfaceEquations {
    /// Adds weighted rows to the coefficients' equations, and to the block of their group's floor and offsets.
    fileprivate mutating func addRows(
        _ count: Int, _ jacobian: [Double], _ nuisance: [Double], _ weights: [Double], _ residuals: [Double],
        order p: Int, block: inout [Double], coupling: inout [Double], right own: inout [Double]
    ) {
        let q = own.count
        for row in 0..<count {
            let w: Double = weights[row]
            let r: Double = residuals[row]
            objective += w * r * r
            for i in 0..<q {
                let wn: Double = w * nuisance[row * q + i]
                guard wn != 0 else { continue }
                own[i] += wn * r
                nuisance.addRow(row, width: q, times: wn, to: i, of: &block, count: q)
                jacobian.addRow(row, width: p, times: wn, to: i, of: &coupling, count: p)
            }
            for i in 0..<p {
                let wj: Double = w * jacobian[row * p + i]
                guard wj != 0 else { continue }
                right[i] += wj * r
                diagonal[i] += wj * jacobian[row * p + i]
                jacobian.addRow(row, width: p, times: wj, to: i, of: &hessian, count: i + 1)
            }
        }
    }

    /// Takes out what a group's floor and offsets explain.
    fileprivate mutating func subtract(_ reduced: [Double], _ reducedRight: [Double], order p: Int) {
        for k in reducedRight.indices {
            for i in 0..<p {
                let c: Double = reduced[k * p + i]
                guard c != 0 else { continue }
                right[i] -= c * reducedRight[k]
                reduced.addRow(k, width: p, times: -c, to: i, of: &hessian, count: i + 1)
            }
        }
    }
}

extension [Double] {
    /// Adds the first entries of one of its rows, times a factor, to a row of another matrix as wide: where a fit spends its time.
    @inline(__always)
    fileprivate func addRow(
        _ row: Int, width: Int, times factor: Double, to target: Int, of matrix: inout [Double], count: Int
    ) {
        withUnsafeBufferPointer { own in
            matrix.withUnsafeMutableBufferPointer { matrix in
                guard let own = own.baseAddress, let matrix = matrix.baseAddress else { return }
                let source = own + row * width
                let sum = matrix + target * width
                for j in 0..<count { sum[j] += factor * source[j] }
            }
        }
    }
}
