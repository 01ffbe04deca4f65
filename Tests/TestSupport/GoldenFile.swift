public import Foundation

/// Reads a file of a test target's `Golden` folder.
///
/// - Parameters:
///   - name: path below `Golden`.
///   - bundle: the test target's `Bundle.module`.
/// - Returns: its bytes.
/// - Throws: when it is not there.
public func goldenData(_ name: String, in bundle: Bundle) throws -> Data {
    guard let root = bundle.resourceURL else { throw CocoaError(.fileNoSuchFile) }
    return try Data(contentsOf: root.appendingPathComponent("Golden").appendingPathComponent(name))
}
