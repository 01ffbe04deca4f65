import Testing

@testable import Tuner

@Suite struct CountTextTests {
    @Test(arguments: [
        ("1B", 1_000_000_000), ("1.5B", 1_500_000_000), ("32Ki", 32768), ("8M", 8_000_000),
        ("3e9", 3_000_000_000),
        ("0.3k", 300), ("8_000", 8000), ("1.1M", 1_100_000), ("2T", 2_000_000_000_000), ("0", 0), ("010", 10),
    ])
    func countsMeanWhatAPersonMeans(text: String, value: Int) {
        #expect(CountText.value(of: text) == value)
    }

    @Test(arguments: [
        "", "B", "0.3", "-1", "+3", "1.5", "0x10", "1e30", "nan", "inf", "1 B", "1BB", "٣", "1e17",
    ])
    func otherTextIsNoCount(text: String) {
        #expect(CountText.value(of: text) == nil)
    }
}
