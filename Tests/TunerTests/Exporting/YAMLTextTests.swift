import Foundation
import Testing

@testable import Tuner

@Suite struct YAMLTextTests {
    @Test(arguments: [
        (1.0, "1.0"), (1e-4, "0.0001"), (1e-5, "1.0e-05"), (-3.5e-10, "-3.5e-10"), (1e20, "1.0e+20"),
        (123456.75, "123456.75"), (Double.infinity, ".inf"), (-Double.infinity, "-.inf"),
    ])
    func realsHaveAPointAndASignedExponent(value: Double, text: String) {
        #expect(YAMLText.real(value) == text)
    }

    @Test(arguments: [
        "yes", "no", "Null", "1e-4", "", "a: b", "# x", "- x", "~", "12:30", "0o17", "a ", "é", "y",
    ])
    func stringsThatCouldBeSomethingElseAreQuoted(text: String) {
        #expect(YAMLText.string(text).hasPrefix("\""))
    }

    @Test(arguments: ["first-sweep", "learning_rate", "the asked budget", "v1.2"])
    func plainStringsStayPlain(text: String) {
        #expect(YAMLText.string(text) == text)
    }

    @Test func nestedCollectionsAreIndented() {
        let tree: JSONTree = [
            "a": [["b": 1, "c": [.number(2), .null]], ["d": [:]]], "e": [[1, 2], [3]], "f": ["g": true],
        ]
        #expect(
            YAMLText.emit(tree) == """
                a:
                  -
                    b: 1
                    c: [2.0, null]
                  -
                    d: {}
                e:
                  - [1, 2]
                  - [3]
                f:
                  g: true

                """)
    }
}
