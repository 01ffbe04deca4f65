import Engine
import Foundation

/// Non-dominated sorting genetic algorithm, second version.
///
/// Trials come in generations of fixed size by their number; the first is evenly spread. A child is made from two
/// parents, each the better of two drawn from the population (front first, then the lonelier): simulated binary
/// crossover on numbers, one of the two values elsewhere, then polynomial mutation of one axis on average
/// (Deb, Pratap, Agarwal, Meyarivan 2002; Deb and Agrawal 1995). The population is the best of itself and a
/// generation once all trials of that one are finished, so it depends on what finished, not on the order.
struct NSGA2Sampler: Sampler {
    /// Spread of crossover and of mutation: the larger, the nearer children are to their parents.
    private static let crossoverIndex = 10.0
    private static let mutationIndex = 20.0
    private static let crossoverRate = 0.9

    private let problem: SamplerProblem
    private let size: Int
    private var start: SobolSampler
    /// The survivors, the best first.
    private var population: [SampledTrial] = []
    /// Finished trials of generations that are not complete.
    private var waiting: [Int: SampledTrial] = [:]
    private var generation = 0

    init(_ problem: SamplerProblem) {
        self.problem = problem
        // About the tenth part of what is planned, so that selection acts ten times; a short search has few children.
        let planned = problem.plannedTrials ?? 400
        size = min(max(planned / 10, min(8, max(4, planned / 3))), 50)
        start = SobolSampler(problem)
    }

    mutating func finished(_ trial: SampledTrial) {
        waiting[trial.number] = trial
        while (generation * size..<(generation + 1) * size).allSatisfy({ waiting[$0] != nil }) {
            var all = population
            for number in generation * size..<(generation + 1) * size {
                if let trial = waiting.removeValue(forKey: number) { all.append(trial) }
            }
            let order = ParetoRanking.order(all).prefix(size)
            population = order.map { all[$0.index] }
            generation += 1
        }
    }

    mutating func propose(_ number: Int) -> [Double]? {
        guard !population.isEmpty else { return start.propose(number) }
        var generator = SplitMix64.stream(problem.seed ^ 0x6E5A_0002, number)
        let mother = parent(&generator), father = parent(&generator)
        let mixes = generator.bernoulli(Self.crossoverRate)
        let rate = 1 / Double(problem.space.axes.count)
        var child: [Double] = []
        for (axis, description) in problem.space.axes.enumerated() {
            let a = mother.coordinates[axis], b = father.coordinates[axis]
            let swaps = generator.bernoulli(0.5), u = generator.uniform()
            let mutates = generator.bernoulli(rate), v = generator.uniform()
            if description.categories != nil {
                child.append(mutates ? v : mixes && swaps ? b : a)
                continue
            }
            var x = a
            if mixes {
                let spread =
                    u < 0.5
                    ? pow(2 * u, 1 / (Self.crossoverIndex + 1))
                    : pow(1 / (2 * (1 - u)), 1 / (Self.crossoverIndex + 1))
                x = 0.5 * (a + b) + (swaps ? 0.5 : -0.5) * spread * abs(a - b)
            }
            if mutates {
                let exponent = 1 / (Self.mutationIndex + 1)
                x += v < 0.5 ? pow(2 * v, exponent) - 1 : 1 - pow(2 * (1 - v), exponent)
            }
            child.append(min(max(x, 0), 1))
        }
        return child
    }

    /// The better of two; the population is in order, so that is the one with the smaller index.
    private func parent(_ generator: inout SplitMix64) -> SamplerPoint {
        let index = min(generator.index(population.count), generator.index(population.count))
        return population[index].point
    }
}
