import Engine
import Foundation

/// Attempts of one shape on the built-in engine that a worker runs in turns, each with the same bits as alone.
///
/// What several of them report at the same time goes out as one line, and each answer is for one of them. An attempt
/// that ends leaves the others as they are.
struct StackTrial {
    var specs: [AttemptSpec]
    var output: ProtocolWriter
    var stop: StopRequest
    var answers: AnswerBox
    var train: WorkerLoop.StackTraining

    /// Trains all of them to their ends, reporting on the way.
    func run() {
        let start = ContinuousClock.now
        var jobs: [TrainingJob] = []
        /// Which attempt a job is of; attempts without a job have ended.
        var members: [Int] = []
        for (index, spec) in specs.enumerated() {
            do {
                jobs.append(try spec.trainingJob())
                members.append(index)
            } catch {
                report([index: AttemptResult(engineError: error)])
            }
        }
        var sequences = [Int](repeating: 0, count: specs.count)
        var directives = [TrialDirective](repeating: .proceed, count: specs.count)
        train(
            jobs, specs.first?.optimizer,
            { observations in
                let elapsed = start.duration(to: .now) / .seconds(1)
                let reports = observations.map { item in
                    let member = members[item.index]
                    sequences[member] += 1
                    return StackedReport(
                        attempt: specs[member].name,
                        content: .observation(
                            Observation(
                                item.observation, sequence: sequences[member], elapsedSeconds: elapsed)))
                }
                output.write(reports)
                for item in observations {
                    let member = members[item.index]
                    guard specs[member].awaitsAnswers == true else { continue }
                    guard !output.isBroken,
                        let answer = answers.wait(attempt: specs[member].name, sequence: sequences[member])
                    else { throw AnswerLost() }
                    directives[member] = answer
                }
                if output.isBroken { stop.request() }
                return observations.map {
                    stop.isRequested || directives[members[$0.index]] != .proceed ? .stop : .proceed
                }
            },
            { outcomes in
                var results: [Int: AttemptResult] = [:]
                for end in outcomes {
                    let member = members[end.index]
                    switch end.outcome {
                    case .success(let outcome):
                        results[member] = AttemptResult(outcome, told: directives[member])
                    case .failure(let error): results[member] = AttemptResult(engineError: error)
                    }
                }
                report(results)
            }, { stop.isRequested })
    }

    private func report(_ results: [Int: AttemptResult]) {
        output.write(
            results.sorted { $0.key < $1.key }.map {
                StackedReport(attempt: specs[$0.key].name, content: .finished($0.value))
            })
    }
}
