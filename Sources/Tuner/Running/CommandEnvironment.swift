import Foundation

/// The environment of a command trial: what programs need of the user's, nothing else of it, and what tells the
/// program about its trial.
enum CommandEnvironment {
    private static let passed: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
        "VIRTUAL_ENV",
        "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
        "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME",
    ]
    private static let passedPrefixes = ["LC_", "CUDA_", "NVIDIA_", "ROCR_", "HIP_", "HSA_"]

    /// The environment of an attempt. The sweep's own `environment` wins over the user's, `TUNERD_*` over both.
    static func make(
        for spec: AttemptSpec, _ command: AttemptSpec.CommandSpec,
        from user: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String: String] {
        var environment = user.filter { name, _ in
            passed.contains(name) || passedPrefixes.contains { name.hasPrefix($0) }
        }
        environment.merge(command.environment) { _, new in new }
        environment.merge([
            "TUNERD_SPEC": AttemptDirectory(path: spec.directory).file("spec.json"),
            "TUNERD_SWEEP": spec.sweep, "TUNERD_TRIAL": "\(spec.trial)", "TUNERD_ATTEMPT": "\(spec.attempt)",
            "TUNERD_SEED": "\(spec.seed)", "TUNERD_STEPS": "\(spec.steps)",
            "TUNERD_TOKEN_BUDGET": "\(spec.tokenBudget)",
            "TUNERD_BATCH_SIZE_TOKENS": "\(spec.batchSizeTokens)",
            "TUNERD_TRIAL_DIRECTORY": spec.directory,
        ]) { _, new in new }
        return environment
    }
}
