import Foundation
import ScalingLaws

/// Final losses of other people's runs, where they are at hand.
struct PublicLossSet {
    struct Row {
        var group: String
        var split: String
        var point: LossLawPoint
    }

    var rows: [Row]

    /// Reads a file of the shared folder.
    init(_ name: String) throws {
        guard let folder = PublicSweep.folder else { throw CocoaError(.fileNoSuchFile) }
        let text = try String(contentsOf: folder.appendingPathComponent(name + ".csv"), encoding: .utf8)
        let lines = text.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        func column(_ name: String) -> Int { lines[0].firstIndex(of: name) ?? 0 }
        let (cell, split, extra) = (column("cell"), column("split"), column("extra"))
        let (size, tokens, loss) = (column("N"), column("D"), column("loss"))
        rows = lines.dropFirst().filter { !$0[extra].contains("outlier=1") }.map { f in
            let compute = f[extra].split(separator: ";").first { $0.hasPrefix("flop=") }
                .flatMap { Double($0.dropFirst(5)) }
            // Where compute was printed, tokens were derived from it and rounded.
            let point = LossLawPoint(
                modelSize: Double(f[size]), tokens: compute == nil ? Double(f[tokens]) : nil,
                compute: compute,
                loss: Double(f[loss]))
            let group = f[cell].components(separatedBy: "_C")[0]
            return Row(group: group, split: f[split], point: point)
        }
    }

    var groups: [String] { Set(rows.map(\.group)).sorted() }

    func points(_ split: String, group: String? = nil) -> [LossLawPoint] {
        rows.filter { $0.split == split && (group == nil || $0.group == group) }.map(\.point)
    }

    /// Mean absolute relative error, and the shares of measured losses inside the intervals, of a law fitted
    /// to the training rows of a group.
    func heldOut(
        _ group: String, form: LossLawForm
    ) throws -> (error: Double, inside80: Double, inside95: Double, fit: ChinchillaFit) {
        let fit = try ChinchillaFit.fit(
            LossLawRequest(points: points("train", group: group), form: form, replicates: 200))
        var (error, in80, in95) = (0.0, 0.0, 0.0)
        let test = points("test", group: group)
        for point in test {
            guard let measured = point.loss,
                let predicted = fit.prediction(modelSize: point.modelSize, tokens: point.tokens)
            else { continue }
            error += abs(predicted.loss.value / measured - 1)
            if let ends = predicted.loss.interval80, ends[0] <= measured, measured <= ends[1] { in80 += 1 }
            if let ends = predicted.loss.interval95, ends[0] <= measured, measured <= ends[1] { in95 += 1 }
        }
        let count = Double(test.count)
        return (error / count, in80 / count, in95 / count, fit)
    }
}
