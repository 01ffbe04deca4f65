/// What distributed methods say about themselves, and the bits they have sent: `gap`, `clipped`, `largest_delay`, ...
///
/// `bits_up_total` grows by the bits a worker sent; against the loss it is a Pareto front of methods.
public struct CommunicationProbe: Probe {
    /// Bits a worker has sent.
    public private(set) var bitsUp = 0.0
    /// Bits a worker has received.
    public private(set) var bitsDown = 0.0

    /// The probe.
    public init() {}

    /// Totals after this round beside the method's own numbers.
    public mutating func observe(_ event: TrialEvent) -> [String: Double] {
        guard case .round(let report) = event else { return [:] }
        bitsUp += report.bitsUpPerWorker
        bitsDown += report.bitsDownPerWorker
        let totals = ["bits_up_total": bitsUp, "bits_down_total": bitsDown, "loss": report.loss]
        return report.diagnostics.merging(totals) { _, total in total }
    }
}
