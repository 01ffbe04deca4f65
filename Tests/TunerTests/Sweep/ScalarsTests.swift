import Testing

@testable import Tuner

@Suite struct ScalarsTests {
    @Test(arguments: [
        ("0", 0), ("4096", 4096), ("010", 10), ("4Ki", 4096), ("1.5M", 1_500_000), ("1.5Ki", 1536),
        ("3e9", 3_000_000_000), ("1_000_000", 1_000_000), ("0.1k", 100), ("1e-3M", 1000),
        ("1T", 1_000_000_000_000),
        ("2Gi", 2 << 30), (".5Ki", 512), ("1.000000000000000000k", 1000), ("1e18", 1_000_000_000_000_000_000),
        ("0e99999999999999999999", 0), ("+7", 7),
    ])
    func countsAreExact(_ text: String, _ value: Int) throws {
        #expect(try Scalars.count(text) == value)
    }

    @Test(arguments: [
        ("-1", ScalarProblem.negative), ("1.5", .notWhole), ("1.0005k", .notWhole),
        ("1e-999999999999", .notWhole),
        ("1e19", .tooLarge), ("1000001T", .tooLarge), ("1e999999999999999999999", .tooLarge),
        ("99999999999999999999999999999999999999999", .tooLarge), ("nan", .notFinite), (".inf", .notFinite),
        ("-inf", .notFinite), ("", .notANumber), ("four", .notANumber), ("1 k", .notANumber),
        ("_1", .notANumber),
        ("1__0", .notANumber), ("1_", .notANumber), ("0x10", .unknownSuffix("x", meant: nil)),
        ("1e", .notANumber),
        (".", .notANumber), ("--1", .notANumber), ("١", .notANumber), ("4K", .unknownSuffix("K", meant: "k")),
        ("4ki", .unknownSuffix("ki", meant: "Ki")), ("4G", .unknownSuffix("G", meant: "B")),
        ("4q", .unknownSuffix("q", meant: nil)),
    ])
    func whatIsNoCountIsRefusedForItsReason(_ text: String, _ problem: ScalarProblem) {
        if text == "0x10" {
            #expect(throws: ScalarProblem.notANumber) { try Scalars.count(text) }
        } else {
            #expect(throws: problem) { try Scalars.count(text) }
        }
    }

    @Test(arguments: [
        ("1e-4", 1e-4), (".5", 0.5), ("5", 5), ("5.", 5), ("-0", 0), ("1E5", 1e5), ("010", 10),
        ("-2.5e-3", -2.5e-3),
        ("4.9e-324", .leastNonzeroMagnitude), ("1.7976931348623157e308", 1.7976931348623157e308),
        ("0.30000000000000004", 0.1 + 0.2),
    ])
    func realsAreTheNearestDouble(_ text: String, _ value: Double) throws {
        #expect(try Scalars.real(text) == value)
    }

    @Test(arguments: [
        ("1e309", ScalarProblem.tooLarge), ("1e-400", .tooSmall), ("1k", .notANumber), ("0x1p3", .notANumber),
        ("inf", .notFinite), ("NaN", .notFinite), ("1,5", .notANumber), ("5%", .notANumber),
    ])
    func whatIsNoRealIsRefused(_ text: String, _ problem: ScalarProblem) {
        #expect(throws: problem) { try Scalars.real(text) }
    }

    @Test func durationsAndSizesNeedUnits() throws {
        #expect(try Scalars.duration("30s") == 30)
        #expect(try Scalars.duration("1.5h") == 5400)
        #expect(try Scalars.duration("2d") == 172_800)
        #expect(try Scalars.bytes("2GiB") == 2 << 30)
        #expect(try Scalars.bytes("0.5kB") == 500)
        #expect(throws: ScalarProblem.missingUnit) { try Scalars.duration("30") }
        #expect(throws: ScalarProblem.missingUnit) { try Scalars.bytes("512") }
        #expect(throws: ScalarProblem.negative) { try Scalars.duration("-1s") }
        #expect(throws: ScalarProblem.unknownSuffix("min", meant: nil)) { try Scalars.duration("5min") }
        #expect(throws: ScalarProblem.unknownSuffix("G", meant: "GB")) { try Scalars.bytes("2G") }
    }

    @Test func flagsAndSeedsAreReadFromTheirText() throws {
        for text in ["true", "Yes", "ON"] { #expect(try Scalars.flag(text)) }
        for text in ["false", "no", "Off"] { #expect(try !Scalars.flag(text)) }
        #expect(throws: ScalarProblem.notAFlag) { try Scalars.flag("1") }
        #expect(try Scalars.seed("18446744073709551615") == .max)
        #expect(throws: ScalarProblem.tooLarge) { try Scalars.seed("18446744073709551616") }
    }

    @Test(arguments: [
        (0, "0"), (512, "512"), (1000, "1k"), (1024, "1Ki"), (4096, "4Ki"), (12_288, "12Ki"),
        (128_000, "128k"),
        (1 << 20, "1Mi"), (3 << 20, "3Mi"), (1_500_000, "1.5M"), (1_234_567, "1234567"), (1 << 40, "1024Gi"),
        (1_000_000_000, "1B"), (2_500_000_000_000, "2.5T"), (999, "999"), (-4096, "-4096"),
    ])
    func countsAreShownShortAndExact(_ count: Int, _ text: String) {
        #expect(CountFormat.short(count) == text)
    }

    @Test func shownCountsAreReadAsTheSame() throws {
        var count = 1
        while count < 1 << 49 {
            for value in [count, count + 1, count * 1000, 3 * count] {
                #expect(try CountFormat.parse(CountFormat.short(value), named: "count") == value)
            }
            count *= 2
        }
    }

    @Test func approximateCountsHaveThreeDigits() {
        #expect(CountFormat.approximate(1_234_567) == "1.23M")
        #expect(CountFormat.approximate(999_999) == "1M")
        #expect(CountFormat.approximate(12_345) == "12.3k")
        #expect(CountFormat.approximate(64) == "64")
        #expect(CountFormat.approximate(1e9) == "1B")
        #expect(CountFormat.approximate(0) == "0")
        #expect(CountFormat.approximate(100_000) == "100k")
    }

    @Test func aCountOnTheCommandLineIsRefusedWithHelp() {
        let error = #expect(throws: TunerError.self) { try CountFormat.parse("1G", named: "--token-budget") }
        #expect(error?.code == .usage)
        #expect(error?.message == "'--token-budget' cannot be '1G'")
        #expect(error?.help == "did you mean 'B'?")
    }
}
