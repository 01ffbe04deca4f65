import Foundation

/// Which form the sizes of the rows can tell.
struct FormChoice {
    let sizes: [SIMD4<Double>]
    let sameLevel: Double
    private(set) var form = LossLawForm.modelSizeAndTokens
    private(set) var hasFloor = true
    private(set) var warnings: [LossLawWarning] = []

    init(sizes: [SIMD4<Double>], sameLevel: Double) {
        self.sizes = sizes
        self.sameLevel = sameLevel
    }

    func coordinate(_ size: SIMD4<Double>, second: Bool) -> Double {
        switch form {
        case .modelSizeAndTokens: second ? size[1] : size[0]
        case .modelSize: size[0]
        case .tokens: size[1]
        case .compute: size[2]
        }
    }

    /// Picks the asked form, or the richest; reduces what cannot be told.
    mutating func choose(_ asked: LossLawForm?, hasFloor wanted: Bool) throws(LossLawError) {
        func known(_ slot: Int) -> Bool { sizes.allSatisfy { $0[slot].isFinite } }
        func anywhere(_ slot: Int) -> Bool { sizes.contains { $0[slot].isFinite } }
        form =
            asked
            ?? (anywhere(0) && anywhere(1)
                ? .modelSizeAndTokens : anywhere(1) ? .tokens : anywhere(0) ? .modelSize : .compute)
        if form == .modelSizeAndTokens, known(0), known(1) { reduce() }
        hasFloor = wanted
        let slots = form == .modelSizeAndTokens ? [0, 1] : [form == .modelSize ? 0 : form == .tokens ? 1 : 2]
        for slot in slots where known(slot) {
            let name = ["model_size", "tokens", "compute"][slot]
            let count = levels(slot)
            if count < 2 { throw .nothingVaried }
            guard count == 2, hasFloor else { continue }
            hasFloor = false
            warnings.append(
                LossLawWarning(
                    .fewLevels, "\(name) took two values, which place no floor: E is held at 0; run a third"))
        }
    }

    private mutating func reduce() {
        let (n, d) = (levels(0), levels(1))
        if n < 2 && d < 2 { return }
        if n < 2 {
            form = .tokens
            warnings.append(
                LossLawWarning(
                    .oneModelSize,
                    "all rows have one model size: what it costs is part of E, and alpha is unknown"))
            return
        }
        if d < 2 {
            form = .modelSize
            warnings.append(
                LossLawWarning(
                    .oneTokenCount,
                    "all rows have one token count: what it costs is part of E, and beta is unknown"))
            return
        }
        let spread = spreadAcross()
        if spread < 0.02 {
            form = .compute
            warnings.append(
                LossLawWarning(
                    .fixedRatio,
                    "tokens follow model size in all rows, so the two terms cannot be told apart: "
                        + "fitted as one law in compute along that line; vary tokens at a fixed size"))
        } else if spread < 0.25 {
            warnings.append(
                LossLawWarning(
                    .nearlyFixedRatio,
                    "tokens leave the line they follow with model size by only "
                        + String(format: "%.0f %%", 100 * spread)
                        + ": the terms are told apart by little; vary tokens at a fixed size"))
        }
    }

    /// Values of a size that differ by more than `sameLevel`.
    private func levels(_ slot: Int) -> Int {
        var count = 0
        var last = -Double.infinity
        for value in sizes.map({ $0[slot] }).sorted() where value > last + sameLevel {
            count += 1
            last = value
        }
        return count
    }

    /// Standard deviation of (log N, log D) across the line they lie nearest to: the smaller principal
    /// component.
    private func spreadAcross() -> Double {
        let count = Double(sizes.count)
        let mean = sizes.reduce(SIMD4<Double>.zero, +) / count
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        for size in sizes {
            let d = size - mean
            xx += d[0] * d[0] / count
            yy += d[1] * d[1] / count
            xy += d[0] * d[1] / count
        }
        let half: Double = (xx - yy) / 2
        let root: Double = (half * half + xy * xy).squareRoot()
        return max(0, (xx + yy) / 2 - root).squareRoot()
    }
}
