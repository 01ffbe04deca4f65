extension Vector {
    /// Smoothed normalisation `u/(alpha + |u|)`: length below one, no threshold to tune.
    func smoothlyNormalized(_ alpha: Double) -> Vector {
        let length = alpha + norm
        return length > 0 ? map { $0 / length } : self
    }
}

/// alpha-NormEC: error feedback through smoothed normalisation, which bounds every message by 1.
///
///     Delta_i = N(g_i - u_i),   N(u) = u/(alpha + |u|)
///     u_i += beta Delta_i,   u^ += beta mean (Delta_i + z_i),   x -= gamma u^/|u^|
///
/// Derived: with `R = max |grad f_i(x0) - u_i|`, `beta <= alpha` and `gamma <= beta R/((alpha + R) L_max)`, all
/// `|grad f_i(x_k) - u_i| <= R`, and `min |grad f| <= (f0 - f*)/(gamma (K+1)) + 2R + L gamma/2`. Each step has length
/// gamma exactly, so choose gamma ~ 1/sqrt(K). Under privacy small beta; sensitivity 1.
///
/// The normalisation on the server is from memory. Maturity: experimental.
///
/// Source: E. Shulgin, S. Khirirat, P. Richtarik, "Smoothed normalization for efficient distributed private
/// optimization", 2025, arXiv 2502.13482.
public struct NormalizedErrorFeedbackMethod: RoundMethod {
    /// gamma.
    public var step: Double
    /// beta.
    public var rate: Double
    /// alpha.
    public var smoothing: Double
    /// Standard deviation of z.
    public var noise: Double
    /// x.
    public private(set) var iterate = Vector([])
    private var estimates: [Vector] = []
    private var aggregate = Vector([])

    /// The method.
    public init(step: Double, rate: Double, smoothing: Double, noise: Double = 0) {
        self.step = step
        self.rate = rate
        self.smoothing = smoothing
        self.noise = noise
    }

    /// The largest gamma of the bound for a start radius R.
    public static func theoryStep(_ c: ProblemConstants, rate: Double, smoothing: Double, radius r: Double)
        -> Double
    {
        rate * r / ((smoothing + r) * c.largestSmoothness)
    }

    /// Starts at x with estimates zero.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        aggregate = .zero(x.count)
        estimates = pool.indices.map { _ in aggregate }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let messages = pool.indices.map { i in
            let delta = (pool.gradient(i, at: iterate) - estimates[i]).smoothlyNormalized(smoothing)
            estimates[i] += rate * delta
            return delta + pool.noise(i, deviation: noise)
        }
        aggregate += rate * Vector.mean(messages)
        iterate -= step * aggregate.normalized
        pool.sendFromAll(.dense(iterate.count))
        pool.broadcastModel()
        let gaps = pool.indices.map { (pool.oracles[$0].gradient(at: iterate) - estimates[$0]).norm }
        return ["radius": gaps.max() ?? 0]
    }
}

/// Fed-alpha-NormEC: the same with local steps and partial participation.
///
///     y = x after T local steps of size gamma/T;   Delta_i = N((x - y)/gamma - v_i),   v_i += beta Delta_i
///     v^ += beta/(p n) sum over participants (Delta_i + z_i),   x -= eta v^/|v^|
///
/// Participants are drawn one by one with probability p. Local steps use the whole gradient, or the examples in turn
/// (incremental). One full local step and p = 1 is alpha-NormEC. Maturity: experimental, local map from memory.
///
/// Source: E. Shulgin et al., "Fed-alpha-NormEC", 2025, arXiv 2512.21521.
public struct FederatedNormalizedErrorFeedbackMethod: RoundMethod {
    /// What a local step sees.
    public enum LocalGradient: String, Sendable, Hashable, CaseIterable {
        /// All rows.
        case full
        /// The rows one after the other.
        case cyclic
    }

    /// eta.
    public var step: Double
    /// gamma.
    public var localStep: Double
    /// beta.
    public var rate: Double
    /// alpha.
    public var smoothing: Double
    /// T.
    public var localSteps: Int
    /// What a local step sees.
    public var localGradient: LocalGradient
    /// p.
    public var participation: Double
    /// Standard deviation of z.
    public var noise: Double
    /// x.
    public private(set) var iterate = Vector([])
    private var estimates: [Vector] = []
    private var aggregate = Vector([])

    /// The method.
    public init(
        step: Double, localStep: Double, rate: Double, smoothing: Double, localSteps: Int = 1,
        localGradient: LocalGradient = .full, participation: Double = 1, noise: Double = 0
    ) {
        self.step = step
        self.localStep = localStep
        self.rate = rate
        self.smoothing = smoothing
        self.localSteps = localSteps
        self.localGradient = localGradient
        self.participation = participation
        self.noise = noise
    }

    /// Single examples when they are taken in turn.
    public var needs: Set<Capability> { localGradient == .cyclic ? [.perExample] : [] }

    /// Starts at x with estimates zero.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        aggregate = .zero(x.count)
        estimates = pool.indices.map { _ in aggregate }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let chosen = pool.participants(probability: participation)
        for i in chosen {
            let moved = (1 / localStep) * (iterate - local(i, in: &pool))
            let delta = (moved - estimates[i]).smoothlyNormalized(smoothing)
            estimates[i] += rate * delta
            let weight = rate / (participation * Double(pool.count))
            aggregate += weight * (delta + pool.noise(i, deviation: noise))
            pool.ledger.send(.dense(iterate.count))
        }
        iterate -= step * aggregate.normalized
        pool.broadcastModel()
        return ["participants": Double(chosen.count)]
    }

    private func local(_ i: Int, in pool: inout WorkerPool) -> Vector {
        var y = iterate
        for j in 0..<localSteps {
            let gradient =
                localGradient == .full
                ? pool.gradient(i, at: y)
                : pool.oracles[i].gradient(at: y, batch: .rows([j % pool.oracles[i].examples]))
            y -= (localStep / Double(localSteps)) * gradient
        }
        return y
    }
}
