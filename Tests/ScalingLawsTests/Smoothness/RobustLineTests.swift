import Testing

@testable import ScalingLaws

@Suite("Robust line")
struct RobustLineTests {
    @Test("a line is found although a quarter of the points is wild")
    func wildPoints() throws {
        let x = (0..<12).map(Double.init)
        var y = x.map { 2 * $0 + 1 }
        for i in [1, 6, 11] { y[i] = 1e6 }
        let line = try #require(RobustLine.fit(x: x, y: y))
        #expect(abs(line.slope - 2) < 1e-9)
        #expect(abs(line.intercept - 1) < 1e-9)
    }

    @Test("without two different x there is no line")
    func noLine() {
        #expect(RobustLine.fit(x: [1, 1, .nan], y: [1, 2, 3]) == nil)
        #expect(RobustLine.fit(x: [], y: []) == nil)
    }
}
