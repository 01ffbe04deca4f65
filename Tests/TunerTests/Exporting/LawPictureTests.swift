import Foundation
import ScalingLaws
import Testing

@testable import Tuner

/// What the pictures say of where runs were made.
@Suite struct LawPictureTests {
    /// The fixture with some trials only.
    private func input(_ keeps: (_ budget: Int, _ rate: Double, _ batch: Double) -> Bool) -> ExportInput {
        var input = ExportFixture.input
        input.trials.removeAll { trial in
            let values = trial.proposal.hyperparameters
            return !keeps(
                trial.proposal.tokenBudget, values["learning_rate"]?.number ?? 0,
                values["batch_size_tokens"]?.number ?? 0)
        }
        return input
    }

    @Test("the best run of every budget has a ring, and an arrow only where nothing was tried beyond it")
    func edges() throws {
        let whole = try LawPictureExporter().export(ExportFixture.input)
        #expect(whole.contains("best run of a budget") && !whole.contains("nothing tried beyond it"))
        let cut = input { budget, rate, _ in budget < 8_000_000 || rate < 2e-3 }
        #expect(try LawPictureExporter().export(cut).contains("nothing tried beyond it"))
        let cells = TriedCell.all(cut)
        #expect(cells.map(\.tokenBudget) == ExportFixture.budgets.map(Double.init))
        #expect(cells.map { $0.edges[.learningRate] } == [nil, nil, nil, .highest])
        #expect(cells[3].range(.learningRate) == 3e-4...1e-3)

        let batches = TriedCell.all(input { budget, _, batch in budget > 1_000_000 || batch > 4096 })
        #expect(batches[0].edges[.batchSize] == .lowest)
        #expect(batches[0].best?.values[.batchSize] == 8192)
    }

    @Test("curves are dashed where no learning rate was tried at that budget")
    func untriedRates() throws {
        let dashes = "stroke-dasharray=\"3 3.5\""
        // Points of the paths, by their characters.
        func length(_ input: ExportInput) throws -> Int {
            try LawPictureExporter().export(input).split(separator: "\n").filter { $0.contains(dashes) }
                .reduce(0) { $0 + $1.count }
        }
        let cut = input { budget, rate, _ in budget < 8_000_000 || rate < 2e-3 }
        #expect(try length(cut) > length(ExportFixture.input))
    }

    @Test("a maximised metric's best run is its largest")
    func maximised() {
        var input = ExportFixture.input
        input.definition.metric.goal = .maximize
        let worst = input.trials.filter { $0.proposal.tokenBudget == 1_000_000 }
            .compactMap { $0.state == .completed ? $0.metrics["validation_loss"] : nil }.max()
        #expect(TriedCell.all(input)[0].best?.loss == worst.map { -$0 })
    }

    @Test("best values are drawn without a law, and a sweep that searches none of them has no such picture")
    func optima() throws {
        let picture = try OptimaPictureExporter().export(ExportFixture.input)
        #expect(picture.contains("peak learning rate") && picture.contains("batch size (tokens)"))
        #expect(!picture.contains("1 - momentum") && picture.contains("best run of 8M tokens"))
        var input = ExportFixture.input
        input.law = nil
        input.recommendations = []
        let bare = try OptimaPictureExporter().export(input)
        #expect(bare.contains("best run of a budget") && !bare.contains("80 % interval"))
        input.definition.parameters = []
        #expect(throws: TunerError.self) { try OptimaPictureExporter().export(input) }
    }

    @Test("momentum is shown by its distance from one, so that its arrows point the other way")
    func momentum() throws {
        var input = ExportFixture.input
        input.law = nil
        input.recommendations = []
        input.definition.parameters[2].domain = .values([.real(0.8), .real(0.9)])
        for i in input.trials.indices {
            input.trials[i].proposal.hyperparameters["momentum"] = .real(i % 2 == 0 ? 0.8 : 0.9)
        }
        let picture = try OptimaPictureExporter().export(input)
        #expect(picture.contains("1 - momentum") && picture.contains("nothing tried beyond it"))
        #expect(!picture.contains("nan") && !picture.contains("inf"))
    }
}
