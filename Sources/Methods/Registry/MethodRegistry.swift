/// All round methods that can be named.
public enum MethodRegistry {
    /// In the order of the documentation.
    public static let all: [MethodPlugin] =
        firstOrder + shifted + errorFeedback + threePoint + clipping + local + secondOrder + outside

    /// The plugin of a name.
    ///
    /// Throws `unknownMethod`.
    public static func plugin(_ name: String) throws(MethodError) -> MethodPlugin {
        guard let found = all.first(where: { $0.descriptor.name == name }) else { throw .unknownMethod(name) }
        return found
    }
}

extension MethodSetting {
    /// K of sparsifiers: a quarter of the entries.
    static let kept = MethodSetting.count("kept", "Entries a message keeps.", "max(1, d/4)") {
        max(1, $0.dimension / 4)
    }

    /// A step of 1/L.
    static let plainStep = MethodSetting.real("step", "Step size.", "1/L") { 1 / $0.smoothness }
}
