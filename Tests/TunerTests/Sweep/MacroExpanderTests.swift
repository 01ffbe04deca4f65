import Engine
import Testing

@testable import Tuner

@Suite struct MacroExpanderTests {
    private let values = MacroValues(
        hyperparameters: [
            "learning_rate": .real(1), "batch_size_tokens": .integer(4096), "activation": .text("a b; $HOME"),
            "epsilon": .real(1e-8),
        ],
        tokenBudget: 1_000_000, batchSizeTokens: 4096, sequenceLength: 64, steps: 245, seed: .max,
        trialNumber: 17,
        trialDirectory: "/tmp/t 17")

    private func expand(_ arguments: String...) throws -> [String] {
        try MacroExpander.expand(arguments, values: values)
    }

    @Test func everyMacroIsReplaced() throws {
        let arguments = try expand(
            "${steps}", "${token_budget}", "${batch_size_tokens}", "${batch_size_sequences}", "${seed}",
            "${trial_number}", "${trial_directory}/x")
        #expect(arguments == ["245", "1000000", "4096", "64", "18446744073709551615", "17", "/tmp/t 17/x"])
    }

    @Test func aRealIsAlwaysWrittenAsAReal() throws {
        #expect(try expand("--lr=${learning_rate}", "${epsilon}") == ["--lr=1.0", "1e-08"])
    }

    @Test func aValueStaysOneArgumentAndIsNotExpandedAgain() throws {
        #expect(try expand("${activation}") == ["a b; $HOME"])
        var tricky = values
        tricky.hyperparameters["activation"] = .text("${seed}")
        #expect(try MacroExpander.expand(["${activation}"], values: tricky) == ["${seed}"])
    }

    @Test func argsBecomeAnArgumentForEachHyperparameter() throws {
        let arguments = try expand("train", "${args}", "end")
        #expect(
            arguments == [
                "train", "--activation=a b; $HOME", "--batch_size_tokens=4096", "--epsilon=1e-08",
                "--learning_rate=1.0", "end",
            ])
    }

    @Test func dollarSignsStandForThemselves() throws {
        #expect(
            try expand("$$", "$HOME", "a$", "$${seed}", "$$$$", "") == [
                "$", "$HOME", "a$", "${seed}", "$$", "",
            ])
    }

    @Test func aMacroWithoutValueIsRefused() {
        let error = #expect(throws: TunerError.self) { try expand("${learning_rat}") }
        #expect(error?.help == "did you mean '${learning_rate}'?")
        var short = values
        short.steps = nil
        #expect(throws: TunerError.self) { try MacroExpander.expand(["${steps}"], values: short) }
    }

    @Test func templatesKnowWhereTheirMacrosAre() {
        let template = MacroTemplate("é${seed}$$${}${x")
        #expect(template.macros == [.init(name: "seed", offset: 1)])
        #expect(template.defects == [.init(text: "${}", offset: 10), .init(text: "${x", offset: 13)])
    }
}
