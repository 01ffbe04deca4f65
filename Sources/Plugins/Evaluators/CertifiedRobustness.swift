internal import Engine
internal import Methods

/// The mean certified radius of a classifier smoothed by noise, measured once, when training is over.
///
/// For each of at most 256 validation inputs: `selection` noisy copies choose a class, `smoothing_votes` others give k
/// votes to it, and the Clopper-Pearson lower bound p of k/n at level alpha certifies the radius `sigma Phi^-1(p)` when
/// p > 1/2. Wrong classes and abstentions count as 0:
///
///     certified_radius    mean radius, in units of the inputs                              larger is better
///     certified_accuracy  fraction of inputs that are right and certified at all
///
/// The mean is that of Zhai et al. Every radius holds with probability 1 - alpha by itself. n votes certify at most
/// `sigma Phi^-1(alpha^(1/n))`: 2.46 sigma at the default 1,000 votes. The copies' noise does not depend on the trial's
/// seed, so that trials are compared on the same copies.
///
/// Defaults: 100 copies choose, alpha = 0.001, as in the first source; its 100,000 votes are an option away.
///
/// Sources: J. Cohen, E. Rosenfeld, Z. Kolter, 2019, arXiv 1902.02918; R. Zhai et al., "MACER", 2020, arXiv 2001.02378;
/// certified robustness in federated learning, 2022.
struct CertifiedRobustness: EndOfTrialEvaluator {
    /// Copies that choose the class.
    var selection = 100
    /// alpha.
    var level = 0.001

    func metrics(of classifier: any NoisyClassifier) -> [String: Double] {
        var radii = 0.0
        var certified = 0
        for input in 0..<classifier.certifiedInputs {
            let choosing = classifier.votes(ofCopies: selection, of: input, seed: 1)
            guard let chosen = choosing.indices.max(by: { choosing[$0] < choosing[$1] }),
                chosen == classifier.label(of: input)
            else { continue }
            let votes = classifier.certificationVotes
            let found = CertifiedRadius(
                successes: classifier.votes(ofCopies: votes, of: input, seed: 2)[chosen], votes: votes,
                level: level, noise: classifier.inputNoise)
            guard let radius = found.radius else { continue }
            radii += radius
            certified += 1
        }
        let inputs = Double(max(1, classifier.certifiedInputs))
        return ["certified_radius": radii / inputs, "certified_accuracy": Double(certified) / inputs]
    }
}
