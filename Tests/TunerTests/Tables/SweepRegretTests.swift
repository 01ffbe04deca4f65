import Foundation
import Testing

@testable import Tuner

@Suite("Regret in measured cells")
struct SweepRegretTests {
    /// A bowl with its bottom at a learning rate of 2^-9 and a batch size of 2^18.5, on a grid of half and whole octaves.
    private static func bowl(noise: Double = 0) -> [SweepRegret.Run] {
        (0..<9).flatMap { i in
            (0..<5).map { j in
                let x = -11 + 0.5 * Double(i), y = 17 + Double(j)
                let u = x + 9, v = y - 18.5
                let ripple = noise * sin(37 * Double(i) + 11 * Double(j))
                return SweepRegret.Run(
                    learningRate: exp2(x), batchSize: exp2(y),
                    loss: 2.5 + 0.004 * u * u + 0.003 * v * v + 0.001 * u * v + ripple)
            }
        }
    }

    @Test("at measured runs the surface is their loss, and regret is zero at the best only")
    func surfaceAtRuns() throws {
        let runs = Self.bowl()
        let cell = try #require(SweepRegret(runs: runs))
        for run in runs {
            let regret = cell.regret(learningRate: run.learningRate, batchSize: run.batchSize)
            #expect(abs(regret - (run.loss - cell.best)) < 1e-12)
            #expect(regret >= 0)
        }
    }

    @Test("between runs it is linear, beyond the ends constant and clamped")
    func surfaceBetweenRuns() throws {
        let cell = try #require(
            SweepRegret(runs: [
                .init(learningRate: 1, batchSize: 1, loss: 2.0),
                .init(learningRate: 4, batchSize: 1, loss: 2.2),
                .init(learningRate: 1, batchSize: 16, loss: 2.4),
                .init(learningRate: 2, batchSize: 16, loss: 2.3),
            ]))
        #expect(abs(cell.regret(learningRate: 2, batchSize: 1) - 0.1) < 1e-12)
        #expect(abs(cell.regret(learningRate: 2, batchSize: 4) - 0.2) < 1e-12)
        #expect(abs(cell.regret(learningRate: 64, batchSize: 256) - 0.3) < 1e-12)
        #expect(cell.isClamped(learningRate: 64, batchSize: 1))
        #expect(cell.isClamped(learningRate: 1, batchSize: 32))
        #expect(!cell.isClamped(learningRate: 4, batchSize: 16))
        #expect(cell.isNear(learningRate: 1.2, batchSize: 2))
        #expect(!cell.isNear(learningRate: 1.2, batchSize: 10))
    }

    @Test("losses far above the best are capped, of runs at one place the best counts")
    func capsAndReplicates() throws {
        let cell = try #require(
            SweepRegret(runs: [
                .init(learningRate: 1, batchSize: 1, loss: 2.1),
                .init(learningRate: 1, batchSize: 1, loss: 2.0),
                .init(learningRate: 2, batchSize: 1, loss: 9),
                .init(learningRate: 4, batchSize: 1, loss: .nan),
            ]))
        #expect(cell.regret(learningRate: 1, batchSize: 1) == 0)
        #expect(cell.regret(learningRate: 2, batchSize: 1) == 0.5)
        #expect(SweepRegret(runs: [.init(learningRate: 1, batchSize: 1, loss: .infinity)]) == nil)
        #expect(SweepRegret(runs: []) == nil)
    }

    @Test("the smoothed optimum of a bowl is its bottom, with its curvature")
    func smoothedBowl() throws {
        let optimum = try #require(SweepRegret(runs: Self.bowl())).smoothOptimum()
        #expect(abs(log2(optimum.learningRate) + 9) < 1e-9)
        #expect(abs(log2(optimum.batchSize) - 18.5) < 1e-9)
        #expect(abs(optimum.floor - 2.5) < 1e-12)
        let curvature = try #require(optimum.curvature)
        for (found, truth) in zip(curvature, [0.008, 0.001, 0.006]) { #expect(abs(found - truth) < 1e-9) }
        #expect(optimum.residual < 1e-9)
        // Noise moves it by less than the noise moves the best run.
        let noisy = try #require(SweepRegret(runs: Self.bowl(noise: 0.001))).smoothOptimum()
        #expect(abs(log2(noisy.learningRate) + 9) < 0.25)
        #expect(noisy.residual > 1e-4)
    }

    @Test("a cell without room for a parabola gives its best run")
    func fallsBackToBestRun() throws {
        let line = (0..<9).map {
            SweepRegret.Run(learningRate: exp2(Double($0)), batchSize: 8, loss: 2 + abs(Double($0) - 3))
        }
        let optimum = try #require(SweepRegret(runs: line)).smoothOptimum()
        #expect(optimum.learningRate == 8)
        #expect(optimum.level == nil)
        #expect(optimum.floor == 2)
    }

    @Test("least squares reproduce exact coefficients and refuse dependent columns")
    func leastSquares() throws {
        let x = (0..<20).map { Double($0) / 7 }
        let columns = [x.map { _ in 1.0 }, x, x.map { $0 * $0 }]
        let y = x.map { 3 - 2 * $0 + 0.5 * $0 * $0 }
        let found = try #require(SweepRegret.leastSquares(columns, y))
        for (a, b) in zip(found, [3, -2, 0.5]) { #expect(abs(a - b) < 1e-12) }
        #expect(SweepRegret.leastSquares([x, x.map { 2 * $0 }], y) == nil)
    }
}

/// Agreement with the reference implementation on a public sweep, where the files are.
@Suite("Regret on a public sweep", .enabled(if: PublicTables.folder != nil))
struct PublicRegretTests {
    private func cells() throws -> [String: SweepRegret] {
        let table = try PublicTables.table("steplaw_dense.csv")
        let reader = try RunReader(
            table,
            mapping: ColumnMapping([
                "token_budget=D", "learning_rate=lr", "batch_size_tokens=batch_tokens", "loss=loss",
            ]), group: "cell")
        let runs = try reader.runs(Array(table.rows.indices))
        return Dictionary(grouping: runs) { $0.group ?? "" }.compactMapValues { members in
            SweepRegret(
                runs: members.compactMap { run in
                    guard let rate = run.values[.learningRate], let batch = run.values[.batchSize],
                        let loss = run.loss
                    else { return nil }
                    return .init(learningRate: rate, batchSize: batch, loss: loss)
                })
        }
    }

    @Test("surface, regret and clamping agree with the reference to 1e-6")
    func vectors() throws {
        let cells = try cells()
        let rows = try PublicTables.rows("steplaw_dense_regret_vectors.csv")
        #expect(rows.count > 50)
        for row in rows {
            let cell = try #require(cells[row["cell"] ?? ""])
            let rate = try row.number("lr"), batch = try row.number("batch_tokens")
            #expect(
                abs(cell.loss(learningRate: rate, batchSize: batch) - (try row.number("surface_loss"))) < 1e-6
            )
            #expect(
                abs(cell.regret(learningRate: rate, batchSize: batch) - (try row.number("regret"))) < 1e-6)
            #expect(cell.isClamped(learningRate: rate, batchSize: batch) == (try row.number("clamped") == 1))
        }
    }

    @Test("smoothed optima agree with the reference")
    func optima() throws {
        let cells = try cells()
        let rows = try PublicTables.rows("steplaw_dense_optima.csv")
        #expect(rows.count == 17)
        for row in rows {
            let name = row["cell"] ?? ""
            let cell = try #require(cells[name])
            let optimum = cell.smoothOptimum()
            #expect(abs(cell.best - (try row.number("best_loss"))) < 1e-6)
            #expect(abs(log2(optimum.learningRate / (try row.number("smooth_lr")))) < 1e-6, "\(name)")
            // The file has the batch size to a hundredth of a token.
            #expect(abs(log2(optimum.batchSize / (try row.number("smooth_batch_tokens")))) < 1e-6, "\(name)")
            #expect(abs(optimum.floor - (try row.number("smooth_floor"))) < 1e-6)
            #expect(optimum.level == (try row.number("level")))
            #expect(optimum.runs == Int(try row.number("n_used")))
            #expect(abs(optimum.residual - (try row.number("residual_rms"))) < 1e-6)
            for (found, column) in zip(optimum.curvature ?? [], ["H_xx", "H_xy", "H_yy"]) {
                #expect(abs(found - (try row.number(column))) < 1e-6, "\(name) \(column)")
            }
            let near = cell.points.count { $0.loss <= cell.best * 1.0025 }
            #expect(near == Int(try row.number("runs_within_0.25pct")))
        }
    }
}

/// Public sweeps beside the repository, where they are.
enum PublicTables {
    static var folder: URL? {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.deletingLastPathComponent().appendingPathComponent("shared/data")
        return FileManager.default.fileExists(atPath: folder.appendingPathComponent("steplaw_dense.csv").path)
            ? folder : nil
    }

    static func table(_ name: String) throws -> RunTable {
        try RunTable(contentsOf: #require(folder).appendingPathComponent(name).path)
    }

    static func rows(_ name: String) throws -> [[String: String]] {
        let table = try table(name)
        return table.rows.map { row in
            Dictionary(uniqueKeysWithValues: zip(table.columns, row.map(\.text)))
        }
    }
}

extension [String: String] {
    fileprivate func number(_ column: String) throws -> Double {
        try #require(Double(self[column] ?? ""), "\(column)")
    }
}
