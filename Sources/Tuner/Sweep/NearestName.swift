/// Finds the name a person meant.
enum NearestName {
    /// What people of other programs call things.
    private static let synonyms = [
        "lr": "learning_rate", "wd": "weight_decay", "eps": "epsilon", "optimiser": "optimizer",
        "params": "parameters", "hyperparameters": "parameters", "model": "workload", "problem": "workload",
        "budgets": "token_budgets", "budget": "token_budgets", "program": "command", "sampler": "method",
        "strategy": "method", "trials": "run_cap", "timeout": "trial_timeout", "memory": "memory_limit",
        "env": "environment", "cwd": "working_directory", "target_budget": "target_token_budget",
        "batch_size": "batch_size_tokens", "loss": "metric", "constraints": "law",
    ]

    /// The candidate fewer than four edits away from a name and nearer than half of it, or a known synonym.
    ///
    /// - Parameters:
    ///   - name: what was written.
    ///   - candidates: what is known.
    /// - Returns: the nearest candidate; of equally near ones the first.
    static func suggestion(for name: String, among candidates: [String]) -> String? {
        let lowered = name.lowercased().replacing("-", with: "_")
        if let synonym = synonyms[lowered], candidates.contains(synonym) { return synonym }
        guard name.count <= 64 else { return nil }
        var best: (distance: Int, name: String)?
        for candidate in candidates where abs(candidate.count - name.count) < 4 {
            let distance = min(Self.distance(name, candidate), Self.distance(lowered, candidate))
            guard distance < 4, 2 * distance <= max(name.count, candidate.count) else { continue }
            if distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        return best?.name
    }

    /// Insertions, deletions and replacements that turn one text into the other (Levenshtein).
    ///
    /// - Parameters:
    ///   - first: a text.
    ///   - second: another.
    /// - Returns: the number of edits; O(first * second).
    static func distance(_ first: String, _ second: String) -> Int {
        let columns = Array(second)
        var previous = Array(0...columns.count)
        for (row, character) in first.enumerated() {
            var current = [row + 1]
            for (column, other) in columns.enumerated() {
                let replaced = previous[column] + (character == other ? 0 : 1)
                current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[columns.count]
    }
}
