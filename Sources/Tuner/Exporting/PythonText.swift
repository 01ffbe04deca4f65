import Engine
import Foundation

/// Pieces of the exported Python module.
enum PythonText {
    /// A real, with all its digits.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "math.nan" }
        if value.isInfinite { return value < 0 ? "-math.inf" : "math.inf" }
        return "\(value)"
    }

    /// A list of reals.
    static func numbers(_ values: [Double]) -> String { "[\(values.map(number).joined(separator: ", "))]" }

    /// A string literal. A JSON string is one in Python too.
    static func text(_ text: String) -> String {
        let data = try? APICoding.encoder().encode(text)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    /// A hyperparameter.
    static func value(_ value: HyperparameterValue) -> String {
        switch value {
        case .real(let number): self.number(number)
        case .integer(let number): "\(number)"
        case .text(let text): self.text(text)
        case .flag(let flag): flag ? "True" : "False"
        }
    }

    /// A dictionary literal.
    static func map(_ members: [(String, String)], sorted: Bool = true) -> String {
        let members = sorted ? members.sorted { $0.0 < $1.0 } : members
        return "{" + members.map { "\(text($0)): \($1)" }.joined(separator: ", ") + "}"
    }

    /// The start of the module.
    static func head(sweep: String) -> String {
        """
        \"\"\"Hyperparameters of sweep '\(sweep)' at any token budget. Written by tunerd.

        >>> recommend(1e9)["hyperparameters"]["learning_rate"]["value"]  # doctest: +SKIP

        Standard library only. Round the batch size to what your loader can give.
        \"\"\"

        import math
        """
    }

    /// The code that evaluates the numbers above it.
    static let functions = """


        def _log_optimum(axis, logs, batch):
            \"\"\"Log optimum at the logs of the variables over their references.\"\"\"
            law = AXES[axis]
            power = math.log(law["coefficient"])
            for variable, exponent in law["exponents"].items():
                power += exponent * logs.get(variable, 0.0)
            for variable, knots, values in law["bends"]:
                x = logs.get(variable, 0.0) + math.log(REFERENCE[variable])
                places = [math.log(knot) for knot in knots]
                if x < places[-1]:
                    i = max(1, next(j for j, place in enumerate(places) if x < place))
                    part = (places[i] - x) / (places[i] - places[i - 1])
                    power += values[i] + part * (values[i - 1] - values[i])
            if law["limit"] is None:
                return power
            ceiling = math.log(law["limit"])
            if batch is not None and law["half_batch"] > 0:
                ceiling += math.log(batch / (batch + law["half_batch"]))
            # A smooth minimum of the two, written so that nothing overflows.
            low = min(power, ceiling)
            k = law["sharpness"]
            return low - math.log1p(math.exp(-k * abs(power - ceiling))) / k


        def _on_grid(values, token_budget):
            \"\"\"Linear in log(token_budget); constant beyond the ends of the grid.\"\"\"
            if token_budget <= GRID[0]:
                return values[0]
            for i in range(1, len(GRID)):
                if token_budget <= GRID[i]:
                    part = math.log(token_budget / GRID[i - 1]) / math.log(GRID[i] / GRID[i - 1])
                    return values[i - 1] + part * (values[i] - values[i - 1])
            return values[-1]


        def recommend(token_budget, batch_size_tokens=None, momentum=None, learning_rate=None, model_size=None):
            \"\"\"The best hyperparameters for a run of token_budget tokens.

            Values that are given are held, and the others are the best ones given them. Intervals hold 80 % and
            are those of the free optimum.

            Returns {"token_budget", "extrapolation_factor", "steps", "hyperparameters", "predicted", "warnings"};
            "predicted" is empty when something is held.
            \"\"\"
            if not token_budget > 0:
                raise ValueError("token_budget must be positive")
            held = {"batch_size_tokens": batch_size_tokens, "momentum": momentum, "learning_rate": learning_rate}
            logs = {}
            if "token_budget" in REFERENCE:
                logs["token_budget"] = math.log(min(token_budget, SLOPE_END) / REFERENCE["token_budget"])
            if "model_size" in REFERENCE and model_size is not None:
                logs["model_size"] = math.log(model_size / REFERENCE["model_size"])
            values = {}
            batch = REFERENCE.get("batch_size_tokens")
            # Each axis is answered given those before it.
            for axis in ("batch_size_tokens", "momentum", "learning_rate"):
                if held[axis] is not None:
                    value, source, interval = float(held[axis]), "fixed", None
                    x = math.log(1.0 - value) if axis == "momentum" else math.log(value)
                elif axis in AXES:
                    if batch is not None:
                        logs["brevity"] = math.log1p(200.0 * batch / min(token_budget, SLOPE_END))
                    x = _log_optimum(axis, logs, batch)
                    if model_size is None:
                        x += _on_grid(SHIFT[axis], min(token_budget, SLOPE_END))
                    if axis == "batch_size_tokens":
                        x = min(x, math.log(token_budget))
                    ends = [x + _on_grid(SPREAD[axis][i], token_budget) for i in (0, 1)]
                    if axis == "momentum":
                        value, interval = 1.0 - math.exp(x), sorted(1.0 - math.exp(e) for e in ends)
                    else:
                        value, interval = math.exp(x), [math.exp(e) for e in ends]
                    source = "fit"
                else:
                    continue
                values[axis] = {"value": value, "interval": interval, "source": source}
                if axis == "batch_size_tokens":
                    batch = value
                    if axis in REFERENCE:
                        logs[axis] = x - math.log(REFERENCE[axis])
                elif axis == "momentum" and "one_minus_momentum" in REFERENCE:
                    logs["one_minus_momentum"] = x - math.log(REFERENCE["one_minus_momentum"])
            for name, value in FIXED.items():
                values.setdefault(name, {"value": value, "interval": None, "source": "fixed"})
            predicted = {}
            if LOSS is not None and token_budget <= SLOPE_END and all(v is None for v in held.values()):
                loss = LOSS["floor"] + LOSS["amplitude"] * (token_budget / LOSS["reference"]) ** -LOSS["exponent"]
                interval = None
                if LOSS_SPREAD is not None:
                    loss, *interval = [loss * _on_grid(ratios, token_budget) for ratios in LOSS_SPREAD]
                predicted[METRIC] = {"value": loss, "interval": interval}
            warnings = list(WARNINGS)
            factor = token_budget / LARGEST_BUDGET
            if factor > 20:
                warnings.append("the asked budget is %.3g times the largest trained one" % factor)
            if token_budget > SLOPE_END:
                warnings.append("the data are seen too often for a slope to be claimed beyond %.3g tokens" % SLOPE_END)
            steps = None
            if "batch_size_tokens" in values:
                steps = math.ceil(token_budget / values["batch_size_tokens"]["value"])
            return {
                "token_budget": token_budget,
                "extrapolation_factor": factor,
                "steps": steps,
                "hyperparameters": values,
                "predicted": predicted,
                "warnings": warnings,
            }


        if __name__ == "__main__":
            import json
            import sys

            print(json.dumps(recommend(*[float(argument) for argument in sys.argv[1:]]), indent=2, sort_keys=True))

        """
}
