import Foundation

extension WorkerProcess {
    /// How a stack went, and whether the worker can take more.
    struct StackOutcome: Sendable {
        /// Attempts that the worker did not bring to an end, and what they ended with.
        struct Unfinished: Sendable {
            var indices: Set<Int>
            var result: AttemptResult
        }
        var unfinished: Unfinished
        var isReusable: Bool
        /// The worker was gone before it said anything about the attempts.
        var wasNeverTaken = false
    }

    /// Runs the attempts of a stack. Tells of those that the worker brings to an end; the others are in the outcome.
    func perform(_ stack: AttemptStack) async -> StackOutcome {
        let all = Set(stack.specs.indices)
        let line: Data
        do { line = try TrialProtocol.line(stack: stack.specs) } catch {
            return StackOutcome(
                unfinished: .init(indices: all, result: .failed(reason: "\(error)", permanent: true)),
                isReusable: true)
        }
        let stop = StopReason()
        return await withTaskCancellationHandler {
            if stop.isCancelled {
                return StackOutcome(unfinished: .init(indices: all, result: .interrupted), isReusable: false)
            }
            queue.clear()
            child.send(line)
            return await follow(stack, stop)
        } onCancel: {
            stop.cancel()
            child.terminate()
        }
    }

    /// Reads what the worker says until all attempts are over.
    private func follow(_ stack: AttemptStack, _ stop: StopReason) async -> StackOutcome {
        let places = Dictionary(
            stack.specs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        // What the worker itself says is of all attempts; it is kept with the first.
        var log = LogFile(
            AttemptDirectory(path: stack.specs.first?.directory ?? ""), "worker.log", limit: 1024 * 1024)
        var open = Set(stack.specs.indices)
        var tail: [String] = []
        var hasSpoken = false
        var wasInterrupted = false
        while !open.isEmpty {
            switch await queue.next() {
            case .line(.output, let bytes):
                hasSpoken = true
                switch TrialProtocol.parse(bytes) {
                case .stacked(let reports):
                    var observations: [AttemptStack.Reported<Observation>] = []
                    var results: [AttemptStack.Reported<AttemptResult>] = []
                    for report in reports {
                        guard let index = places[report.attempt], open.contains(index) else { continue }
                        switch report.content {
                        case .observation(let observation):
                            observations.append(.init(index: index, content: observation))
                        case .finished(let result):
                            open.remove(index)
                            wasInterrupted = wasInterrupted || result == .interrupted
                            results.append(
                                .init(index: index, content: stop.isCancelled ? cancelled(result) : result))
                        }
                    }
                    if !observations.isEmpty { await self.answer(observations, of: stack) }
                    if !results.isEmpty { await stack.ended(results) }
                case .finished(let result):
                    // Only about a stack that could not be read.
                    return StackOutcome(unfinished: .init(indices: open, result: result), isReusable: true)
                case .observation, .started: Self.keep("a report without an attempt", in: &tail)
                case .log(let text):
                    Self.keep(text, in: &tail)
                    log.add(bytes)
                }
            case .line(.error, let bytes):
                Self.keep(String(decoding: bytes, as: UTF8.self), in: &tail)
                log.add(bytes)
            case .ended(let end):
                var result = Self.result(ofEnd: end, tail: tail, timeout: nil, stop: stop)
                if case .failed(let reason, let permanent) = result, stack.specs.count > 1 {
                    let note = "it was one of \(stack.specs.count) trials in turns on that worker"
                    result = .failed(reason: reason + "; " + note, permanent: permanent)
                }
                return StackOutcome(
                    unfinished: .init(indices: open, result: result), isReusable: false,
                    wasNeverTaken: !hasSpoken && !stop.isStopping)
            }
        }
        finished.withLock { $0 += 1 }
        guard stop.isStopping || wasInterrupted else {
            return StackOutcome(unfinished: .init(indices: [], result: .interrupted), isReusable: true)
        }
        child.terminate()
        await waitForEnd()
        return StackOutcome(unfinished: .init(indices: [], result: .interrupted), isReusable: false)
    }

    /// Asks what the attempts are to do, and tells them.
    private func answer(_ observations: [AttemptStack.Reported<Observation>], of stack: AttemptStack) async {
        let directives = await stack.answer(observations)
        for (item, directive) in zip(observations, directives) {
            send(directive, to: item.content, of: stack.specs[item.index])
        }
    }

    /// The worker's own answer about an attempt that was cancelled meanwhile.
    private func cancelled(_ result: AttemptResult) -> AttemptResult {
        if case .completed = result { return result }
        return .interrupted
    }
}
