import Foundation

/// A logarithmic axis: where a value lies, and which ticks to draw.
struct LogAxisScale {
    /// One tick; without a label it is a minor one.
    struct Tick {
        var value: Double
        var label: String?
    }

    /// Smallest and largest value shown.
    let domain: ClosedRange<Double>
    /// Coordinate of the smallest and of the largest value.
    let start: Double
    let end: Double

    init(_ domain: ClosedRange<Double>, from start: Double, to end: Double) {
        self.domain = domain
        self.start = start
        self.end = end
    }

    /// The range of some values, widened by a share of its logarithmic length.
    static func domain(of values: [Double], margin: Double) -> ClosedRange<Double>? {
        let usable = values.filter { $0.isFinite && $0 > 0 }
        guard let low = usable.min(), let high = usable.max() else { return nil }
        let pad = max(margin * log(high / low), 0.05)
        return low * exp(-pad)...high * exp(pad)
    }

    /// Its length in natural logarithms.
    var length: Double { log(domain.upperBound / domain.lowerBound) }

    func position(_ value: Double) -> Double {
        start + (end - start) * log(value / domain.lowerBound) / log(domain.upperBound / domain.lowerBound)
    }

    func contains(_ value: Double) -> Bool { value.isFinite && domain.contains(value) }

    /// Ticks: at 1, 2 and 5 of every decade when the axis spans enough of them, else at round steps. Labels that would
    /// be closer than `room` points are left out, decades kept first.
    func ticks(room: Double, label: (Double) -> String) -> [Tick] {
        let decades = log10(domain.upperBound / domain.lowerBound)
        let values = decades >= 0.9 ? decadeTicks() : roundTicks(count: max(3, Int(abs(end - start) / 55)))
        var taken: [Double] = []
        func place(_ value: Double) -> Bool {
            let place = position(value)
            guard taken.allSatisfy({ abs($0 - place) >= room }) else { return false }
            taken.append(place)
            return true
        }
        let isDecade = { (value: Double) in abs(log10(value) - log10(value).rounded()) < 1e-9 }
        var labelled: Set<Double> = []
        for value in values where isDecade(value) && place(value) { labelled.insert(value) }
        let rest = values.filter { !isDecade($0) }
        // All twos and fives, or none: a scale with some of them is hard to read.
        let before = taken
        var added: [Double] = []
        for value in rest {
            if place(value) {
                added.append(value)
            } else if decades >= 0.9 {
                taken = before
                added = []
                break
            }
        }
        labelled.formUnion(added)
        return values.map { Tick(value: $0, label: labelled.contains($0) ? label($0) : nil) }
    }

    private func decadeTicks() -> [Double] {
        let first = Int(log10(domain.lowerBound).rounded(.down))
        let last = Int(log10(domain.upperBound).rounded(.up))
        return (first...last).flatMap { decade in [1.0, 2, 5].map { $0 * pow(10, Double(decade)) } }
            .filter { domain.contains($0) }
    }

    private func roundTicks(count: Int) -> [Double] {
        let span = domain.upperBound - domain.lowerBound
        let rough = span / Double(count)
        let power = pow(10, log10(rough).rounded(.down))
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        let first = Int((domain.lowerBound / step).rounded(.up))
        let last = Int((domain.upperBound / step).rounded(.down))
        guard first <= last else { return [] }
        return (first...last).map { Double($0) * step }
    }

    /// `0.001`, `2.05`, `3e-06`.
    static func plain(_ value: Double) -> String {
        (1e-4..<1e6).contains(abs(value))
            ? trimmed(String(format: "%.6f", value)) : String(format: "%.0e", value)
    }

    private static func trimmed(_ text: String) -> String { text.replacing(/\.?0+$/, with: "") }
}
