#!/usr/bin/env python3
"""Runs the same sweeps with and without stacks, in turn, and prints the ratio of their trials per hour.

    scripts/bench-stack.py [TUNERD] [--rounds 3] [--slots 1] [--trials 32] [--only NAME]

Every sweep is a grid over learning rates at one batch size and budget, once with 'stack: 16' and once with 'stack: off'; the
two take turns, and ratios are taken within a round. Times are of whole 'tunerd run's: start, workers, store. Processor time
includes the workers'. The final losses of both must be the same to the last digit, or the script fails.
Three to ten minutes on two cores.
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

SWEEPS = {
    # name: workload, optimizer, batch size in tokens, token budget, least and greatest learning rate
    "stream-least-squares": ("stream-least-squares", "sgd", "32", "64Ki", 1e-3, 0.3),
    "quadratic": ("quadratic", "sgd", "32", "64Ki", 1e-3, 0.1),
    "matrix-regression": ("matrix-regression", "muon", "64", "64Ki", 1e-3, 0.1),
    "logistic-regression": ("logistic-regression", "sgd", "64", "64Ki", 1e-3, 1.0),
    "mlp": ("mlp", "adamw", "64", "64Ki", 1e-4, 1e-1),
    "char-gpt": ("char-gpt", "adamw", "512", "64Ki", 1e-4, 1e-2),
}


def sweep(name, trials, stack):
    workload, optimizer, batch, budget, least, most = SWEEPS[name]
    ratio = (most / least) ** (1 / (trials - 1))
    rates = ", ".join(f"{least * ratio**k:.6g}" for k in range(trials))
    return f"""name: bench
workload: {workload}
optimizer: {optimizer}
method: grid
parameters:
  learning_rate: {{values: [{rates}]}}
  batch_size_tokens: {{value: {batch}}}
token_budgets: [{budget}]
stack: {stack}
"""


def run(tunerd, text, slots):
    """Wall and processor seconds of a sweep, and the metrics of its trials by number."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "bench.yaml").write_text(text)
        store = str(path / "store.sqlite")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(
            [tunerd, "run", str(path / "bench.yaml"), "--quiet", "--slots", str(slots), "--store", store],
            capture_output=True, text=True, env=environment(), check=False)
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # 75: too few budgets for a law, as here.
        if done.returncode not in (0, 75):
            sys.exit(f"bench-stack: tunerd run ended with {done.returncode}:\n{done.stderr}")
        processor = sum(getattr(after, f) - getattr(before, f) for f in ("ru_utime", "ru_stime"))
        listed = subprocess.run(
            [tunerd, "trials", "bench", "--json", "--store", store], capture_output=True, text=True,
            env=environment(), check=True)
        trials = json.loads(listed.stdout)["trials"]
        return wall, processor, {t["number"]: (t["state"], t["metrics"]) for t in trials}


def environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("TUNERD_")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tunerd", nargs="?", default=".build/release/tunerd")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--trials", type=int, default=32)
    parser.add_argument("--only", choices=SWEEPS)
    options = parser.parse_args()
    tunerd = str(pathlib.Path(options.tunerd).resolve())
    print(f"{options.trials} trials, {options.slots} slot(s), {os.cpu_count()} cores, "
          f"load {os.getloadavg()[0]:.1f} at the start\n")
    print(f"{'WORKLOAD':22}{'ALONE/H':>10}{'STACKED/H':>11}{'RATIO':>7}{'RANGE':>14}{'CPU RATIO':>11}")
    for name in [options.only] if options.only else SWEEPS:
        alone, stacked, wall, processor = [], [], [], []
        for _ in range(options.rounds):
            off = run(tunerd, sweep(name, options.trials, "off"), options.slots)
            on = run(tunerd, sweep(name, options.trials, 16), options.slots)
            if off[2] != on[2]:
                sys.exit(f"bench-stack: the trials of {name} differ with stacks")
            alone.append(3600 * options.trials / off[0])
            stacked.append(3600 * options.trials / on[0])
            wall.append(off[0] / on[0])
            processor.append(off[1] / on[1])
        print(f"{name:22}{statistics.median(alone):10,.0f}{statistics.median(stacked):11,.0f}"
              f"{statistics.median(wall):7.2f}{min(wall):7.2f}-{max(wall):<6.2f}"
              f"{statistics.median(processor):11.2f}", flush=True)


if __name__ == "__main__":
    main()
