internal import Engine

extension LMONorm {
    /// The norm of a row-major `rows x columns` tensor: 1 for every direction of its own kind.
    func primalNorm(_ x: [Double], rows: Int, columns: Int) -> Double {
        switch self {
        case .euclid:
            return length(x)
        case .sign:
            return x.map(abs).max() ?? 0
        case .signIn:
            return Double(columns) * (x.map(abs).max() ?? 0)
        case .biasRMS:
            return length(x) / Double(max(x.count, 1)).squareRoot()
        case .spectral, .spectralRMS, .spectralMax:
            let largest = SingularValues(x, rows: rows, columns: columns).values.first ?? 0
            return largest / spectralScale(rows: rows, columns: columns)
        case .column:
            let lengths = (0..<columns).map { j in length((0..<rows).map { x[$0 * columns + j] }) }
            return (lengths.max() ?? 0) / Double(rows).squareRoot()
        case .row:
            let lengths = (0..<rows).map { i in length(Array(x[(i * columns)..<((i + 1) * columns)])) }
            return (lengths.max() ?? 0) * Double(columns).squareRoot()
        }
    }

    /// The dual norm `<u, direction(u)>`, with the exact polar factor: what a gradient is measured in.
    func dualNorm(_ u: [Double], rows: Int, columns: Int) -> Double {
        if isSpectral {
            let nuclear = SingularValues(u, rows: rows, columns: columns).values.reduce(0, +)
            return nuclear * spectralScale(rows: rows, columns: columns)
        }
        var direction = u
        var oracle = Orthogonalizer<Double>(.exact, shapes: [])
        direction.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            turnIntoDirection(base, rows: rows, columns: columns, oracle: &oracle)
        }
        return zip(u, direction).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private func length(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
