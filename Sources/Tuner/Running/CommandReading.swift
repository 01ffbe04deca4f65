import Foundation

/// Makes observations and a result out of what a command prints and how it ends.
struct CommandReading {
    /// Where the program went beyond the finite; it is ended then.
    struct Divergence: Hashable {
        var step: Int?
    }

    private(set) var divergence: Divergence?
    private let spec: AttemptSpec
    private let command: AttemptSpec.CommandSpec
    private let pattern: ObservationPattern?
    private let start = ContinuousClock.now
    private var finished: AttemptResult?
    private var metrics: [String: Double] = [:]
    private var last = Observation(sequence: 0, step: 0, tokens: 0, metrics: [:], elapsedSeconds: 0)
    /// Where the observations of a file that begins anew are new again.
    private var repeatedUpTo: (step: Int, tokens: Int)?
    private var errorTail: [String] = []
    private var outputTail: [String] = []

    init(spec: AttemptSpec, command: AttemptSpec.CommandSpec, pattern: ObservationPattern?) {
        self.spec = spec
        self.command = command
        self.pattern = pattern
    }

    /// Why the file of observations could not be read, for the message about a missing metric.
    var fileTrouble: String?

    /// Takes a line of standard output; answers the observation in it. Where a file is followed, it is all log.
    mutating func add(_ line: [UInt8]) -> Observation? {
        guard command.observationFile == nil else {
            WorkerProcess.keep(String(decoding: line, as: UTF8.self), in: &outputTail)
            return nil
        }
        switch TrialProtocol.parse(line) {
        case .observation(let observation): return complete(LenientObservation(observation))
        case .finished(let result):
            finish(result)
            return nil
        case .started, .stacked: return nil
        case .log(let text):
            WorkerProcess.keep(text, in: &outputTail)
            return pattern?.read(text).flatMap { complete($0) }
        }
    }

    /// Takes what a line of a followed file says; answers the observation in it.
    mutating func add(_ content: ObservationLines.Content) -> Observation? {
        switch content {
        case .observation(let given):
            if given.sequence == nil, let bound = repeatedUpTo {
                if let step = given.step, step <= bound.step { return nil }
                if given.step == nil, let tokens = given.tokens, tokens <= bound.tokens { return nil }
                repeatedUpTo = nil
            }
            return complete(given)
        case .finished(let result):
            finish(result)
            return nil
        case .nothing: return nil
        }
    }

    /// The file begins anew. A program that writes all of its lines each time repeats those that were read: steps up to
    /// the last one are not taken again.
    mutating func restartFile() { repeatedUpTo = (last.step, last.tokens) }

    private mutating func finish(_ result: AttemptResult) {
        finished = result
        if case .diverged(let step, _) = result { divergence = Divergence(step: step) }
    }

    /// Takes a line of standard error.
    mutating func addError(_ line: [UInt8]) {
        WorkerProcess.keep(String(decoding: line, as: UTF8.self), in: &errorTail)
    }

    /// The result, once the program has ended.
    func result(_ exit: ChildExit, wasStopped: Bool) -> AttemptResult {
        var final = metrics
        if case .completed(let given)? = finished { final.merge(given) { _, new in new } }
        if case .diverged(_, let given)? = finished { final.merge(given) { _, new in new } }
        if let divergence { return .diverged(step: divergence.step, metrics: final) }
        if case .failed? = finished, let finished { return finished }
        guard exit.status == .exited(0) else {
            return wasStopped ? .interrupted : .failed(reason: failure(exit), permanent: ranOutOfMemory)
        }
        guard let value = final[command.metric] else {
            return wasStopped ? .interrupted : .failed(reason: metricMissing, permanent: true)
        }
        guard value.isFinite else { return .diverged(step: last.step, metrics: final) }
        if wasStopped, finished == nil { return .interrupted }
        if final["tokens"] == nil { final["tokens"] = Double(max(spec.tokenBudget, last.tokens)) }
        return .completed(metrics: final)
    }

    /// Fills in what the program left out: sequence, tokens from steps or steps from tokens, elapsed time.
    ///
    /// - Returns: `nil` for a sequence that was there already: a line written twice, or by a second process.
    private mutating func complete(_ given: LenientObservation) -> Observation? {
        let numbered = given.sequence.flatMap { $0 > 0 ? $0 : nil }
        let sequence = numbered ?? last.sequence + 1
        guard sequence > last.sequence else { return nil }
        let batch = max(1, spec.batchSizeTokens)
        let step = given.step.flatMap { $0 > 0 ? $0 : nil }
        let tokens = given.tokens.flatMap { $0 > 0 ? $0 : nil }
        let stepsOfTokens = tokens.map { ($0 + batch - 1) / batch }
        let elapsed =
            given.elapsedSeconds.flatMap { $0 > 0 ? $0 : nil } ?? (start.duration(to: .now) / .seconds(1))
        let (product, overflows) = (step ?? 0).multipliedReportingOverflow(by: batch)
        last = Observation(
            sequence: sequence, step: step ?? stepsOfTokens ?? last.step,
            tokens: tokens ?? (step == nil || overflows ? last.tokens : product), metrics: given.metrics,
            elapsedSeconds: elapsed, shorterRuns: given.shorterRuns)
        metrics.merge(given.metrics) { _, new in new }
        if let value = given.metrics[command.metric], !value.isFinite {
            divergence = Divergence(step: last.step)
        }
        return last
    }

    private func failure(_ exit: ChildExit) -> String {
        var text = "'\(command.arguments.first ?? "")' \(exit.summary)"
        if ranOutOfMemory, let limit = command.memoryLimit {
            text += ", out of its memory limit of \(limit) bytes"
        }
        if exit.status == .signalled(SIGKILL) { text += "; the system may have run out of memory" }
        let tail = errorTail.isEmpty ? outputTail : errorTail
        return tail.isEmpty ? text : text + "; its last lines:\n" + tail.joined(separator: "\n")
    }

    /// With the same limit it would run out again.
    private var ranOutOfMemory: Bool {
        guard command.memoryLimit != nil else { return false }
        let signs = ["MemoryError", "bad_alloc", "annot allocate memory", "out of memory", "Out of memory"]
        return errorTail.contains { line in signs.contains { line.contains($0) } }
    }

    private var metricMissing: String {
        let seen = metrics.keys.sorted().joined(separator: ", ")
        let why = seen.isEmpty ? fileTrouble ?? "no metric at all was seen" : "it reported \(seen)"
        return
            "'\(command.arguments.first ?? "")' ended without the metric '\(command.metric)'\n  why: \(why)\n  help: \(metricHelp)"
    }

    private var metricHelp: String {
        let group = "a group named '\(command.metric)'"
        switch (command.observationFile, command.pattern) {
        case (let file?, nil):
            return
                "'\(file.path)' needs a \(file.format == .csv ? "column" : "field") named '\(command.metric)'"
        case (let file?, _):
            return "does observations.pattern match the lines of '\(file.path)'? It needs \(group)"
        case (nil, nil):
            return "print protocol lines, or set observations.pattern to a regular expression with \(group)"
        case (nil, _): return "does observations.pattern match its lines? It needs \(group)"
        }
    }
}
