import Foundation
import ScalingLaws
import TestSupport
import Testing

/// Golden steps and iteration counts of an independent implementation.
@Suite("NGN golden values") struct NGNGoldenTests {
    private struct Range: Decodable {
        var c, bound, ngnm: Double
        var sgdm: Double?
    }
    private struct MomentumRow: Decodable {
        var step: Double
        var point: [Double]
        init(from decoder: any Decoder) throws {
            var row = try decoder.unkeyedContainer()
            step = try row.decode(Double.self)
            point = try row.decode([Double].self)
        }
    }
    private struct Golden: Decodable {
        var momentum: [MomentumRow]
        var diagonal, shared, perCoordinate, decoupled, coupled: [[Double]]
        var counts: [String: [Int]]
        var range: [Range]
        enum CodingKeys: String, CodingKey {
            case momentum = "ngn_m"
            case diagonal = "NGN-D c=.8"
            case shared = "NGN-MDv1 c=.1 b=.9,.999 eps=1e-8"
            case perCoordinate = "NGN-MDv2"
            case decoupled = "Dec-NGN-MDv1 wd=.01"
            case coupled = "NGN-MDv1W wd=.01"
            case counts = "x4"
            case range
        }
    }

    private let golden: Golden
    private static let curvatures = [1.0, 4, 9]
    private static let start = [1, -2, 0.5]

    init() throws {
        golden = try JSONDecoder().decode(
            Golden.self, from: goldenData("other/ngn.json", in: Bundle.module))
    }

    private static func evaluate(_ x: [Double]) -> (loss: Double, gradient: [Double]) {
        let gradient = zip(curvatures, x).map { $0 * $1 }
        return (0.5 * dot(gradient, x) + 0.25, gradient)
    }

    @Test func singleSteps() throws {
        #expect(try agrees(NGNStep.size(c: 0.5, loss: 2, squaredNorm: 4), 1 / 3.0, 1e-15))
        #expect(try agrees(NGNStep.size(c: 1e6, loss: 2, squaredNorm: 4), 0.999999000001, 1e-15))
        #expect(
            LearningRateSensitivity.value(losses: [0.9, 0.5, 0.4, 0.6, 2.3], initialLoss: 1).map {
                agrees($0, 0.28, 1e-12)
            } == true)
    }

    @Test func trajectories() throws {
        var x = Self.start
        var momentum = NGNMomentum(c: 0.8)
        for row in golden.momentum {
            let (loss, gradient) = Self.evaluate(x)
            #expect(try agrees(momentum.step(point: &x, loss: loss, gradient: gradient), row.step))
            #expect(agrees(x, row.point))
        }
        x = Self.start
        for row in golden.diagonal {
            let (loss, gradient) = Self.evaluate(x)
            let sizes = try NGNStep.sizes(c: 0.8, loss: loss, gradient: gradient)
            for j in x.indices { x[j] -= sizes[j] * gradient[j] }
            #expect(agrees(x, row))
        }
        let methods = [
            (NGNMomentumDiagonal(c: 0.1), golden.shared),
            (NGNMomentumDiagonal(c: 0.1, variant: .perCoordinate), golden.perCoordinate),
            (NGNMomentumDiagonal(c: 0.1, decay: .decoupled(0.01)), golden.decoupled),
            (NGNMomentumDiagonal(c: 0.1, decay: .coupled(0.01)), golden.coupled),
        ]
        for (method, rows) in methods {
            var (method, x) = (method, Self.start)
            #expect(rows.count == 3)
            for row in rows {
                let (loss, gradient) = Self.evaluate(x)
                try method.step(point: &x, loss: loss, gradient: gradient)
                #expect(agrees(x, row), "\(method.variant) \(method.decay)")
            }
        }
    }

    /// Steps on `x^2 + x^4` until the loss is at most 1e-15.
    private static func count(from start: Double, step: (inout [Double], Double, [Double]) throws -> Void)
        rethrows -> Int?
    {
        var x = [start]
        for k in 0..<100_000 {
            let square = x[0] * x[0]
            let loss = square + square * square
            if loss <= 1e-15 { return k }
            guard loss.isFinite else { return nil }
            try step(&x, loss, [2 * x[0] + 4 * square * x[0]])
        }
        return nil
    }

    @Test func iterationCountsOverNineDecades() throws {
        var rows = golden.counts
        rows["10.0"] = [84379, 8301, 674, 338, 313, 268, 312, 321, 321]
        rows["5.0"] = [84375, 8152, 676, 272, 287, 324, 308, 288, 288]
        #expect(rows.count == 4)
        for (start, counts) in rows {
            for (decade, expected) in counts.enumerated() {
                var method = NGNMomentum(c: pow(10, Double(decade - 4)))
                let steps = try Self.count(from: Double(start) ?? .nan) {
                    try method.step(point: &$0, loss: $1, gradient: $2)
                }
                #expect(
                    abs((steps ?? -9) - expected) <= 1,
                    "x0 = \(start), decade \(decade - 4): \(String(describing: steps))")
            }
        }
    }

    @Test func momentumGradientDescentDivergesWhereNGNDoesNot() {
        let rows: [(Double, [Int?])] = [
            (1, [83435, 8191, 600, 259, 240, nil, nil, nil, nil]),
            (10, [84355, 8243, 690, nil, nil, nil, nil, nil, nil]),
        ]
        for (start, counts) in rows {
            for (decade, expected) in counts.enumerated() {
                let rate = pow(10, Double(decade - 4))
                var before = start
                let steps = Self.count(from: start) { x, _, gradient in
                    let now = x[0]
                    x[0] += 0.9 * (now - before) - 0.1 * rate * gradient[0]
                    before = now
                }
                if let expected {
                    #expect(abs((steps ?? -9) - expected) <= 1, "x0 = \(start), decade \(decade - 4)")
                } else {
                    #expect(steps == nil, "x0 = \(start), decade \(decade - 4)")
                }
            }
        }
    }

    /// Unpenalised least squares on the rows of the finite-sum data, batch 1, 2000 steps from zero.
    private struct LeastSquares {
        let data = FiniteSumData()
        let optimum: [Double]
        let smoothness: Double
        init() {
            let mean = FiniteSumData.mean(data.rows.map { SmallMatrix.outer($0, $0) })
            var right = [Double](repeating: 0, count: 8)
            for (row, target) in zip(data.rows, data.targets) {
                for j in 0..<8 { right[j] += row[j] * target / 64 }
            }
            optimum = mean.solve(right)
            smoothness = data.rows.map { dot($0, $0) }.reduce(0, max)
        }
        func loss(_ x: [Double]) -> Double {
            zip(data.rows, data.targets).reduce(0) {
                let r = dot($1.0, x) - $1.1
                return $0 + r * r / 128
            }
        }
    }

    @Test func boundOfEveryDecadeAndFinalGapsOnLeastSquares() throws {
        let problem = LeastSquares()
        let best = problem.loss(problem.optimum)
        #expect(agrees(best, 0.0363701795689859))
        #expect(agrees(problem.smoothness, 17.57155704498291, 1e-14))
        let bound = NGNBound(
            smoothness: problem.smoothness, squaredDistance: dot(problem.optimum, problem.optimum),
            interpolationGap: best)
        #expect(agrees(bound.largestMomentum(c: 0.001), 0.0173, 3e-3))
        #expect(agrees(bound.largestMomentum(c: 0.01), 0.149, 5e-3))
        #expect(agrees(bound.largestMomentum(c: 10), 8.03e-6, 1e-3))
        let seed: UInt64 = 7
        var generator = Xoshiro256StarStar(seed: seed)
        let chains = 60
        for row in golden.range {
            #expect(agrees(bound.value(c: row.c, steps: 2000), row.bound))
            var sum = 0.0
            for _ in 0..<chains {
                var method = NGNMomentum(c: row.c)
                var x = [Double](repeating: 0, count: 8)
                for _ in 0..<2000 {
                    let i = Int(generator.next() % 64)
                    let r = dot(problem.data.rows[i], x) - problem.data.targets[i]
                    try method.step(
                        point: &x, loss: 0.5 * r * r, gradient: problem.data.rows[i].map { r * $0 })
                }
                sum += problem.loss(x) - best
            }
            // Last iterates of few chains scatter by a tenth; the plateau must not become divergence.
            #expect(
                abs(sum / Double(chains) / row.ngnm - 1) < 0.4,
                "c = \(row.c), seed \(seed): \(sum / Double(chains))")
        }
    }
}
