public import Engine
public import ScalingLaws

/// The learning rate that a probe's constants predict for a batch size and a token budget.
public struct LearningRateForecast: Sendable, Hashable {
    /// The probe.
    public var report: ProbeReport
    /// Shape of the learning rate over the run.
    public var schedule: LearningRateSchedule

    /// A forecast from a report.
    public init(_ report: ProbeReport, schedule: LearningRateSchedule = .init()) {
        self.report = report
        self.schedule = schedule
    }

    /// The best peak learning rate.
    public func learningRate(batchSize: Double, tokenBudget: Double) -> ProbePrediction.Guess? {
        guard let constants = report.constants else { return nil }
        let alpha = 1 - report.momentum
        let bound: LMOBound = report.isNesterov ? .nesterov : .refinedClosed
        let rate = constants.optimum(
            .learningRate(batchSize: batchSize, momentumComplement: alpha), tokenBudget: tokenBudget,
            bound: bound
        ).point.learningRate
        return .init(value: rate * schedule.factors.peakFactor, decades: ProbePrediction.rateDecades)
    }
}

extension LearningRateSchedule {
    /// How its peak compares with a constant rate.
    public var factors: ScheduleFactors {
        let shape: ScheduleFactors.Shape =
            switch self.shape {
            case .constant: .constant
            case .linear: .linear
            case .cosine: .cosine
            case .wsd: .wsd(decayFraction: decayFraction)
            }
        return ScheduleFactors(shape, warmupFraction: warmupFraction)
    }
}
