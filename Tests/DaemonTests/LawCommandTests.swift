import Foundation
import Testing

/// `tunerd law` and the loss laws of `tunerd fit` as a person types them.
@Suite("Laws on the command line", .serialized)
struct LawCommandTests {
    private static let losses = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "examples/tables").path

    private func run(_ arguments: [String]) async throws -> CommandOutput {
        let program = try TunerdBinary()
        defer { withExtendedLifetime(program) {} }
        return try await program.start(arguments).finish()
    }

    private func json(_ line: String) async throws -> [String: Any] {
        let done = try await run(line.split(separator: " ").map(String.init) + ["--json"])
        #expect(done.status == 0, "\(line): \(done.errors)")
        return try done.json()
    }

    @Test("regimes: exponents of the theory, and settings that spend the budget")
    func regimes() async throws {
        let answer = try await json(
            "law regimes --gap 3 --smoothness 5 --noise 60 --batch-size-tokens 64Ki --momentum 0.95 --token-budget 1B"
        )
        let exponents = try #require(answer["exponents"] as? [[String: Any]])
        #expect(exponents.map { $0["regime"] as? String } == ["A", "B", "C", "D"])
        let rates = exponents.compactMap { $0["learning_rate"] as? Double }
        for (found, known) in zip(rates, [-0.5, -0.75, -0.25, -7.0 / 12]) {
            #expect(abs(found - known) < 1e-8)
        }
        let budget = try #require((answer["budgets"] as? [[String: Any]])?.first)
        let optima = try #require(budget["optima"] as? [[String: Any]])
        // The more is tuned, the lower the bound.
        let values = optima.compactMap { $0["value"] as? Double }
        #expect(values.count == 4)
        #expect(values[0] >= values[1] && values[1] >= values[3] && values[2] >= values[3])
        for optimum in optima {
            let setting = try #require(optimum["setting"] as? [String: Double])
            let tokens = try #require(setting["batch_size_tokens"]) * #require(setting["steps"])
            #expect(abs(tokens / 1e9 - 1) < 1e-9)
        }
        let valley = try #require(budget["valley"] as? [String: Double])
        let saturation = try #require(budget["saturation"] as? [String: Double])
        #expect(valley["memory_tokens"] == saturation["critical_batch_size_tokens"])
    }

    @Test("regimes: what is not held has no regime, and a tuned setting is found again at its own budget")
    func regimesFromSetting() async throws {
        let free = try await json("law regimes --gap 3 --smoothness 5 --noise 60 --token-budget 1B")
        #expect((free["exponents"] as? [Any])?.count == 1)
        let answer = try await json(
            "law regimes --at 1B --learning-rate 0.02 --momentum 0.95 --batch-size-tokens 256Ki --tuned learning_rate "
                + "--tuned momentum --token-budget 1B")
        let budget = try #require((answer["budgets"] as? [[String: Any]])?.first)
        let optimum = try #require((budget["optima"] as? [[String: Any]])?[1])
        let setting = try #require(optimum["setting"] as? [String: Double])
        #expect(abs(try #require(setting["learning_rate"]) / 0.02 - 1) < 1e-4)
        #expect(abs(try #require(setting["one_minus_momentum"]) / 0.05 - 1) < 1e-4)
        #expect(answer["constants"] == nil, "a setting tells scales only")
    }

    @Test("transfer: every mode, the fitting one marked, decay and schedules carried along")
    func transfer() async throws {
        let line =
            "law transfer --at 1B --learning-rate 0.02 --momentum 0.95 --batch-size-tokens 256Ki --token-budget 16B"
        let answer = try await json(line + " --weight-decay 0.1 --schedule cosine --to-schedule linear")
        let modes = try #require((answer["budgets"] as? [[String: Any]])?.first?["modes"] as? [[String: Any]])
        #expect(modes.map { $0["mode"] as? String } == ["A", "B", "C", "D", "valley", "bst"])
        #expect(
            modes.map { $0["fits_what_was_tuned"] as? Bool } == [true, false, false, false, false, false])
        let peak = (3.0 / 8).squareRoot() / (1.0 / 3).squareRoot()
        #expect(abs(try #require(answer["schedule_factor"] as? Double) - peak) < 1e-9)
        func setting(_ mode: Int) throws -> [String: Double] {
            try #require(modes[mode]["setting"] as? [String: Double])
        }
        #expect(abs(try #require(setting(0)["learning_rate"]) / (0.02 / 4 * peak) - 1) < 1e-9)
        #expect(abs(try #require(setting(1)["learning_rate"]) / (0.02 / 8 * peak) - 1) < 1e-9)
        #expect(abs(try #require(setting(2)["batch_size_tokens"]) / (4 * 262_144) - 1) < 1e-9)
        // Decay times rate times steps stays.
        #expect(abs(try #require(setting(0)["weight_decay"]) / (0.1 / 4) - 1) < 1e-9)
        #expect(abs(try #require(setting(5)["batch_size_tokens"]) / (262_144 * pow(16, 2.0 / 3)) - 1) < 1e-9)
        let everything = try await json(
            line
                + " --tuned learning_rate --tuned momentum --tuned batch_size_tokens --to-batch-size-tokens 512Ki"
        )
        let valley = try #require(
            (everything["budgets"] as? [[String: Any]])?.first?["modes"] as? [[String: Any]])[4]
        #expect(valley["fits_what_was_tuned"] as? Bool == true)
        #expect((valley["setting"] as? [String: Double])?["batch_size_tokens"] == 524_288)
    }

    @Test(
        "privacy: a wanted epsilon is met from below, trials add, rates follow the noise, assumptions are there"
    )
    func privacy() async throws {
        let answer = try await json(
            "law privacy --records 60k --batch-size 256 --epochs 30 --delta 1e-6 --epsilon 2 --noise-multiplier 1.1 "
                + "--trials 3 --learning-rate 0.5 --at-noise-multiplier 1.1")
        let runs = try #require(answer["runs"] as? [[String: Any]])
        func number(_ run: Int, _ name: String) throws -> Double { try #require(runs[run][name] as? Double) }
        #expect(try number(1, "epsilon_of_trials") <= 2)
        #expect(try number(1, "epsilon_of_trials") > 1.9999)
        for run in [0, 1] { #expect(try number(run, "epsilon") < number(run, "epsilon_of_trials")) }
        #expect((runs[0]["learning_rate_dp_sgd"] as? [String: Any])?["value"] as? Double == 0.5)
        let rate = try #require((runs[1]["learning_rate_dp_sgd"] as? [String: Any])?["value"] as? Double)
        #expect(abs(rate / (0.5 * 1.1 / (try number(1, "noise_multiplier"))) - 1) < 1e-9)
        #expect((runs[1]["learning_rate_dp_sign_sgd"] as? [String: Any])?["value"] as? Double == 0.5)
        #expect((answer["assumptions"] as? [Any])?.count == 5)
    }

    @Test("clipping: quantiles rise and rates fall with the exponents of the theorem")
    func clipping() async throws {
        let answer = try await json(
            "law clipping --moment 1.5 --steps 1000 --batch-size 64 --learning-rate 0.1")
        #expect(answer["theorem"] as? String == "B")
        let schedule = try #require(answer["schedule"] as? [[String: Double]])
        #expect(schedule.map { $0["step"] } == [0, 1, 3, 10, 30, 100, 300, 999])
        for entry in schedule {
            let k = try #require(entry["step"]) + 1
            #expect(abs(try #require(entry["learning_rate"]) / (0.1 * pow(k, -0.6)) - 1) < 1e-9)
            #expect(abs(try #require(entry["quantile"]) - (1 - 0.5 * pow(k, -0.6))) < 1e-9)
        }
        let noisy = try await json(
            "law clipping --tail-index 2.5 --steps 1 --batch-size 1k --dimension 1M --noise-multiplier 1")
        #expect(noisy["theorem"] as? String == "A")
        #expect(noisy["moment"] as? Double == 2)
        #expect(noisy["critical_batch_size"] as? Double == 1e6)
        #expect((noisy["schedule"] as? [Any])?.count == 1)
    }

    @Test("batch: rules with no scaling among them, critical sizes, the finite-sum optimum")
    func batch() async throws {
        let rules = try #require(
            try await json("law batch rescale --from 64 --to 256 --learning-rate 0.001")["rules"]
                as? [[String: Any]])
        func rate(_ name: String) -> Double? {
            (rules.first { $0["rule"] as? String == name }?["setting"] as? [String: Double])?["learning_rate"]
        }
        #expect(rate("unchanged") == 0.001)
        #expect(rate("square_root") == 0.002)
        #expect(rate("linear") == 0.004)
        let huge = try await json("law batch rescale --from 1 --to 1M --learning-rate 0.001")
        let sde = (huge["rules"] as? [[String: Any]])?.first { $0["rule"] as? String == "sde" }
        #expect(sde != nil && sde?["setting"] == nil, "a memory shorter than a step has no setting")

        let critical = try await json(
            "law batch critical --gap 3 --smoothness 5 --noise 60 --token-budget 1B --token-budget 4B")
        let sizes = try #require(critical["critical_batch_sizes"] as? [[String: Double]])
        let (first, second) = (sizes[0]["gradient_norm_bound"], sizes[1]["gradient_norm_bound"])
        #expect(abs(try #require(second) / #require(first) - 2) < 1e-9)

        let sum = try await json(
            "law batch finite-sum --examples 50k --strong-convexity 0.01 --smoothness 1 --largest-smoothness 20 "
                + "--gradient-noise 4 --loss-gap 0.05")
        let subsets = try #require((sum["samplings"] as? [[String: Any]])?.first)
        #expect(subsets["batch_size"] as? Int == 6882)
    }

    @Test("published: all laws, values where they have them, and what lies outside of their ranges")
    func published() async throws {
        let answer = try await json("law published --model-size 1B --token-budget 200B")
        let laws = try #require(answer["laws"] as? [[String: Any]])
        #expect(laws.count == 12)
        let step = try #require(laws.first { $0["slug"] as? String == "step-law" })
        let values = try #require(step["values"] as? [String: Double])
        #expect(
            abs(try #require(values["learning_rate"]) - 1.79 * pow(1e9, -0.713) * pow(2e11, 0.307)) < 1e-12)
        #expect(step["outside_range_of"] as? [String] == ["token_budget"])
        let inside = try #require(laws.first { $0["slug"] as? String == "chinchilla" })
        #expect(inside["outside_range_of"] as? [String] == [])
        #expect((try await json("law published bjorck")["laws"] as? [[String: Any]])?[0]["values"] == nil)
    }

    @Test("every text says where it holds and when not to believe it")
    func cautions() async throws {
        for line in [
            "law regimes --gap 3 --smoothness 5 --noise 60 --token-budget 1B",
            "law transfer --at 1B --learning-rate 0.02 --momentum 0.95 --batch-size-tokens 1M --token-budget 2B",
            "law privacy --records 1k --batch-size 10 --steps 10 --delta 1e-6 --noise-multiplier 1",
            "law clipping --moment 2 --steps 10 --batch-size 1", "law published",
            "law batch rescale --from 1 --to 2 --learning-rate 1",
            "law batch critical --gap 1 --smoothness 1 --noise 1 --token-budget 1k",
        ] {
            let done = try await run(line.split(separator: " ").map(String.init))
            #expect(done.status == 0, "\(line): \(done.errors)")
            #expect(done.output.contains("\nholds for: "), "\(line)")
            #expect(done.output.contains("\nwhen not to believe it: "), "\(line)")
            #expect(!done.output.contains("nan") && !done.output.contains("inf "), "\(line)")
        }
    }

    @Test(
        "wrong use is told of and ends with 64",
        arguments: [
            "law regimes --token-budget 1B", "law regimes --gap 3 --token-budget 1B",
            "law regimes --gap 3 --smoothness 5 --noise 60",
            "law regimes --gap 3 --smoothness 5 --noise 60 --at 1B --token-budget 1B",
            "law regimes --at 1B --learning-rate 0.02 --momentum 0.9 --batch-size-tokens 1M --token-budget 1B",
            "law regimes --gap 1e300 --smoothness 1e300 --noise 1 --token-budget 1B",
            "law transfer --at 1B --learning-rate 0.02 --momentum 0.95 --token-budget 1B",
            "law transfer --at 1B --learning-rate 0.02 --momentum 1 --batch-size-tokens 1M --token-budget 1B",
            "law transfer --at 1B --learning-rate 0.02 --momentum 0 --batch-size-tokens 1M --token-budget 1B "
                + "--to-schedule linear",
            "law privacy --records 1k --batch-size 10 --delta 1e-6 --epsilon 1",
            "law privacy --records 1k --batch-size 10k --steps 10 --delta 1e-6 --epsilon 1",
            "law privacy --records 1k --batch-size 10 --steps 10 --delta 2 --epsilon 1",
            "law privacy --records 1k --batch-size 10 --steps 10 --delta 1e-6",
            "law clipping --steps 10 --batch-size 1", "law clipping --moment 1 --steps 10 --batch-size 1",
            "law clipping --moment 2 --steps 10 --batch-size 1 --noise-multiplier 1",
            "law batch rescale --from 0 --to 1 --learning-rate 1", "law batch critical --token-budget 1B",
            "law batch critical --gap 1 --smoothness 1 --noise 1 --target 1",
            "law batch finite-sum --examples 10 --strong-convexity 2 --smoothness 1 --largest-smoothness 20 "
                + "--gradient-noise 4 --accuracy 1",
            "law batch finite-sum --examples 10 --strong-convexity 1 --smoothness 1 --largest-smoothness 2 "
                + "--gradient-noise 4 --accuracy 1e-310",
            "law published nope", "law nothing",
        ])
    func wrongUse(_ line: String) async throws {
        let done = try await run(line.split(separator: " ").map(String.init))
        #expect(done.status == 64, "\(done.errors)")
        #expect(done.output.isEmpty)
        #expect(!done.errors.isEmpty)
    }

    // MARK: Loss laws of tables

    private func fit(_ file: String, _ rest: String) async throws -> CommandOutput {
        try await run(
            ["fit", "--table", Self.losses + "/" + file] + rest.split(separator: " ").map(String.init))
    }

    private static let sizes = "--column model_size=N --column token_budget=D --column loss=loss"

    @Test("chinchilla: JSON has coefficients, quality, predictions, splits and warnings with codes")
    func chinchilla() async throws {
        let done = try await fit(
            "losses.csv",
            "--loss-law chinchilla \(Self.sizes) --where split=train --bootstrap 200 --seed 3 "
                + "--predict model_size=1e10,token_budget=1e12 --predict compute=1e23 --predict-cells split=test --json"
        )
        #expect(done.status == 0, "\(done.errors)")
        let answer = try done.json()
        #expect(answer["form"] as? String == "model_size_and_tokens")
        let parameters = try #require(answer["parameters"] as? [String: [String: Any]])
        #expect(Set(parameters.keys) == ["E", "A", "alpha", "B", "beta"])
        for parameter in parameters.values {
            #expect((parameter["interval_80"] as? [Double])?.count == 2)
            #expect((parameter["interval_95"] as? [Double])?.count == 2)
            #expect(parameter["standard_error"] is Double)
            #expect(parameter["identified"] is Bool)
        }
        #expect((answer["model_size_exponent"] as? [String: Any])?["value"] is Double)
        let table = try #require(answer["table"] as? [String: Any])
        #expect(table["rows_used"] as? Int == 24)
        #expect(table["rows_dropped"] as? Int == 0)
        let predictions = try #require(answer["predictions"] as? [[String: Any]])
        #expect(predictions.count == 5)
        #expect(predictions[0]["extrapolation_factor"] is Double)
        #expect(predictions[0]["measured"] == nil)
        #expect((predictions[1]["measured"] as? [String: Double])?["relative_error"] != nil)
        let split = try #require((answer["allocations"] as? [[String: Any]])?.first)
        #expect(split["compute"] as? Double == 1e23)
        let score = try #require(answer["measured"] as? [String: Double])
        #expect(score["runs"] == 4)
        #expect(try #require(score["mean_relative_error"]) < 0.01)
        let warnings = try #require(answer["warnings"] as? [[String: Any]])
        #expect(warnings.allSatisfy { $0["code"] is String && $0["text"] is String })
    }

    @Test("the same seed gives the same numbers")
    func seeds() async throws {
        func interval(_ seed: Int) async throws -> NSDictionary? {
            try await fit(
                "losses.csv", "--loss-law chinchilla \(Self.sizes) --bootstrap 60 --seed \(seed) --json"
            ).json()["parameters"] as? NSDictionary
        }
        let first = try await interval(1)
        #expect(first != nil)
        #expect(try await interval(1) == first)
        #expect(try await interval(2) != first)
    }

    @Test("critical-batch: JSON has scales, growth and predictions")
    func criticalBatch() async throws {
        let done = try await fit(
            "steps.csv",
            "--loss-law critical-batch --column model_size=N --column batch_size_tokens=batch --column steps=steps "
                + "--predict model_size=1.6B --json")
        #expect(done.status == 0, "\(done.errors)")
        let answer = try done.json()
        #expect((answer["scales"] as? [Any])?.count == 4)
        #expect((answer["exponent"] as? [String: Any])?["interval_95"] is [Double])
        let prediction = try #require((answer["predictions"] as? [[String: Any]])?.first)
        #expect(prediction["model_size"] as? Double == 1.6e9)
        #expect(prediction["extrapolation_factor"] as? Double == 2)
        #expect((prediction["critical_batch"] as? [String: Any])?["interval_80"] is [Double])
    }

    @Test(
        "options that do not go together are told of",
        arguments: [
            "--form tokens", "--no-floor", "--bootstrap 10", "--seed 1",
            "--loss-law chinchilla --regime momentum",
            "--loss-law chinchilla --prior lmo", "--loss-law chinchilla --bootstrap -1",
            "--loss-law critical-batch --prior kl", "--loss-law critical-batch --form tokens",
            "--loss-law critical-batch --no-floor", "--loss-law critical-batch --group split",
            "--loss-law critical-batch --predict-cells split=test", "--loss-law other",
        ])
    func wrongCombinations(_ options: String) async throws {
        let done = try await fit("losses.csv", "\(Self.sizes) \(options)")
        #expect(done.status == 64, "\(done.errors)")
        #expect(
            try await run(["fit", "sweep"] + options.split(separator: " ").map(String.init)).status == 64)
    }
}
