import Engine
import Testing

@testable import Plugins

@Suite("Quantile clipping") struct QuantileClippingTests {
    @Test func thresholdIsTheSmallestOrderStatisticWithEnoughBelow() throws {
        let cases = try goldenCases("quantile-clipping.json")
        let golden = try #require(cases.first { $0["method"]?.text == "quantile_lower" })
        let sorted = (golden["values"]?.numbers ?? []).sorted()
        let thresholds = (golden["q"]?.numbers ?? []).map {
            QuantileClipping<Double>.threshold(ascending: sorted, quantile: $0)
        }
        #expect(thresholds == golden["out"]?.numbers)
    }

    @Test func noExampleContributesMoreThanTheThreshold() {
        var clipping = QuantileClipping<Double>(quantile: 0.5, count: 2)
        // Norms 1, 5, 10, 13: the median order statistic is 5.
        let mean = clipping.clippedMean([1, 0, 3, 4, 6, 8, 5, 12])
        #expect(deviation(mean, [(1 + 3 + 3 + 25.0 / 13) / 4, (0 + 4 + 4 + 60.0 / 13) / 4]) < 1e-14)
    }

    @Test func quantileOneIsThePlainMean() {
        var clipping = QuantileClipping<Double>(quantile: 1, count: 2)
        #expect(clipping.clippedMean([1, 2, 3, 4, 500, 600]) == [168, 202])
    }
}
