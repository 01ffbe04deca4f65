/// How the law of an optimum bends below the largest tokens or model size that were run:
///
///     log optimum = power law + deviation(variable),   linear between knots in log of the variable
///
/// It is 0 at the last knot and beyond; below the first knot its first segment goes on. The power law is therefore the tangent
/// where one extrapolates; bends and changes of regime on the way stand here. `scale` is how the slope may wander beyond the
/// largest value: the optimum then lies off the power law by `scale * d * sqrt(min(d, 1.5) / 3)`, d = log(variable / largest), one standard deviation.
public struct LawDeviation: Sendable, Hashable, Codable {
    /// Tokens or model size.
    public var variable: LawVariable
    /// Where it is told, ascending, in units of the variable.
    public var knots: [Double]
    /// The deviation of the log optimum at every knot; the last is 0.
    public var values: [Double]
    /// The largest value that was run.
    public var largest: Double
    /// Change of slope over a factor e, one standard deviation.
    public var scale: Double

    /// Bends along a variable.
    public init(variable: LawVariable, knots: [Double], values: [Double], largest: Double, scale: Double) {
        self.variable = variable
        self.knots = knots
        self.values = values
        self.largest = largest
        self.scale = scale
    }
}

extension KeyedDecodingContainer {
    /// Laws that were stored before they could bend have none; synthesized decoding of this module comes here.
    func decode(_ type: [LawDeviation].Type, forKey key: Key) throws -> [LawDeviation] {
        try decodeIfPresent(type, forKey: key) ?? []
    }
}
