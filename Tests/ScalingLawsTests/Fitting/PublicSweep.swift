import Foundation
import ScalingLaws

/// A public sweep of language models over learning rate and batch size, with the regret metric it is judged by.
struct PublicSweep {
    struct Run {
        var cell: String
        var isTest: Bool
        var modelSize: Double
        var budget: Double
        var rate: Double
        var batch: Double
        var loss: Double?
    }

    var runs: [Run]

    /// `../shared/data` beside the package, where it exists.
    static var folder: URL? {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appendingPathComponent("shared/data")
        return FileManager.default.fileExists(atPath: folder.appendingPathComponent("steplaw_dense.csv").path)
            ? folder : nil
    }

    init(_ file: URL) throws {
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let header = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        func column(_ name: String) -> Int { header.firstIndex(of: name) ?? 0 }
        let (cell, split, size, budget) = (column("cell"), column("split"), column("N"), column("D"))
        let (rate, batch, loss) = (column("lr"), column("batch_tokens"), column("loss"))
        runs = lines.dropFirst().compactMap { line in
            let f = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard let n = Double(f[size]), let d = Double(f[budget]), let r = Double(f[rate]),
                let b = Double(f[batch])
            else { return nil }
            return Run(
                cell: f[cell], isTest: f[split] == "test", modelSize: n, budget: d, rate: r, batch: b,
                loss: Double(f[loss]))
        }
    }

    func samples(where keep: (Run) -> Bool) -> [LossSample] {
        runs.filter(keep).map {
            LossSample(
                values: [.learningRate: $0.rate, .batchSize: $0.batch], tokenBudget: $0.budget,
                modelSize: $0.modelSize, loss: $0.loss)
        }
    }

    /// Cells of a split, in order of appearance.
    func cells(test: Bool) -> [SweepCell] {
        var order: [String] = []
        var members: [String: [Run]] = [:]
        for run in runs where run.isTest == test && run.loss != nil {
            if members[run.cell] == nil { order.append(run.cell) }
            members[run.cell, default: []].append(run)
        }
        return order.compactMap { name in members[name].map { SweepCell(name: name, runs: $0) } }
    }
}

/// One (model, budget) as a measured surface over log learning rate and log batch size.
struct SweepCell {
    let name: String
    let modelSize: Double
    let budget: Double
    let best: Double
    private let rows: [(batch: Double, rates: [Double], losses: [Double])]

    init(name: String, runs: [PublicSweep.Run]) {
        self.name = name
        modelSize = runs[0].modelSize
        budget = runs[0].budget
        let best = runs.compactMap(\.loss).min() ?? 0
        self.best = best
        rows = Dictionary(grouping: runs, by: \.batch).sorted { $0.key < $1.key }.map { batch, runs in
            let byRate = Dictionary(grouping: runs, by: \.rate).sorted { $0.key < $1.key }
            return (
                log2(batch), byRate.map { log2($0.key) },
                byRate.map { min($0.value.compactMap(\.loss).min() ?? 0, best + 0.5) }
            )
        }
    }

    /// Interpolated loss above the best measured one: linear in log rate within each batch size, then in log batch size,
    /// clamped to the measured ends.
    func regret(rate: Double, batch: Double) -> Double {
        let values = rows.map { Self.interpolate(log2(rate), $0.rates, $0.losses) }
        return Self.interpolate(log2(batch), rows.map(\.batch), values) - best
    }

    private static func interpolate(_ x: Double, _ xs: [Double], _ ys: [Double]) -> Double {
        guard let first = xs.first, let last = xs.last, x > first else { return ys[0] }
        guard x < last, let high = xs.firstIndex(where: { $0 >= x }) else { return ys[ys.count - 1] }
        let fraction: Double = (x - xs[high - 1]) / (xs[high] - xs[high - 1])
        return ys[high - 1] + fraction * (ys[high] - ys[high - 1])
    }
}
