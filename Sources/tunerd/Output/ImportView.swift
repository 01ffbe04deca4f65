import Tuner

/// `tunerd import`.
struct ImportView: Presentable {
    var answer: ImportAnswer

    var record: ImportAnswer { answer }

    func text(_ style: TextStyle) -> String {
        var lines = ["sweep '\(answer.sweep)': \(answer.imported) trials imported"]
        if answer.diverged > 0 { lines[0] += ", \(answer.diverged) of them diverged" }
        let leftOut = TrialState.allCases.compactMap { state in
            answer.leftOut[state].map { "\($0) \(state.rawValue)" }
        }
        if !leftOut.isEmpty { lines.append("rows left out: \(leftOut.joined(separator: ", "))") }
        if !answer.ignoredColumns.isEmpty {
            lines.append("columns not read: \(answer.ignoredColumns.joined(separator: ", "))")
        }
        if answer.state == .paused {
            lines.append("it is paused: 'tunerd run' with its file goes on from these trials")
        }
        return lines.joined(separator: "\n")
    }
}
