#!/usr/bin/env python3
"""Checks a recommendation against the truth where the truth is known.

Runs the stream-least-squares sweep (budgets 2^8 to 2^12), asks for the learning rate at 2^18 samples for every batch
size, and compares the exact risk of each answer with the best possible learning rate at that batch size, found by
golden section. The risk recursion below is written independently of the program's own.

usage: validate-stream.py TUNERD [SWEEP.yaml]      needs numpy
"""
import json
import math
import os
import subprocess
import sys
import tempfile

import numpy as np

TARGET = 2**18
BATCHES = [4, 8, 16, 32, 64, 128, 256, 512]


def risk(rate, batch, budget, modes=256):
    i = np.arange(1, modes + 1)
    l, m = i**-1.5, i**-0.8
    decay = 1 - 2 * rate * l + rate**2 * l**2 * (1 + 1 / batch)
    spread = rate**2 * l / batch
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(math.ceil(budget / batch)):
            m = m * decay + spread * (l @ m + 1.0)
        value = float(l @ m)
    return value if math.isfinite(value) else math.inf


def best(batch):
    """Golden section in log learning rate; diverged rates count as infinitely bad."""
    grid = [10 ** (-4 + 0.25 * k) for k in range(20)]
    values = [risk(rate, batch, TARGET) for rate in grid]
    k = values.index(min(values))
    a, b = math.log(grid[max(0, k - 1)]), math.log(grid[min(len(grid) - 1, k + 1)])
    g = (math.sqrt(5) - 1) / 2
    c, d = b - g * (b - a), a + g * (b - a)
    fc, fd = risk(math.exp(c), batch, TARGET), risk(math.exp(d), batch, TARGET)
    for _ in range(18):
        if fc < fd:
            b, d, fd = d, c, fc
            c = b - g * (b - a)
            fc = risk(math.exp(c), batch, TARGET)
        else:
            a, c, fc = c, d, fd
            d = a + g * (b - a)
            fd = risk(math.exp(d), batch, TARGET)
    return math.exp((a + b) / 2), min(fc, fd)


def main():
    tunerd = sys.argv[1]
    sweep = sys.argv[2] if len(sys.argv) > 2 else "sweeps/stream-least-squares.yaml"
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "run.sqlite")
        subprocess.run([tunerd, "run", sweep, "--store", store, "--json"], check=True, stdout=subprocess.DEVNULL)
        name = next(line.split(":")[1].strip() for line in open(sweep) if line.startswith("name:"))
        trials = json.loads(subprocess.check_output(
            [tunerd, "trials", name, "--store", store, "--json"]))["trials"]
        spent = sum(trial["token_budget"] for trial in trials)
        print(f"{len(trials)} trials, {spent} samples = {spent / TARGET:.2f} target runs")
        print(f"{'BATCH':>6} {'RECOMMENDED':>12} {'BEST':>10} {'RISK':>10} {'BEST RISK':>10} {'RATIO':>7}  IN 80 %")
        ratios, covered = [], 0
        for batch in BATCHES:
            answer = json.loads(subprocess.check_output(
                [tunerd, "recommend", name, "--store", store, "--token-budget", str(TARGET),
                 "--batch-size-tokens", str(batch), "--json"]))
            found = answer["hyperparameters"]["learning_rate"]
            rate, (best_rate, best_risk) = found["value"], best(batch)
            value = risk(rate, batch, TARGET)
            ratios.append(value / best_risk)
            inside = found["interval"][0] <= best_rate <= found["interval"][1]
            covered += inside
            print(f"{batch:>6} {rate:>12.5g} {best_rate:>10.5g} {value:>10.5g} {best_risk:>10.5g} "
                  f"{ratios[-1]:>7.4f}  {'yes' if inside else 'no'}")
        ratios.sort()
        median = (ratios[3] + ratios[4]) / 2
        print(f"median ratio {median:.4f}, worst {ratios[-1]:.4f}; 80 % interval holds the best rate for "
              f"{covered} of {len(BATCHES)} batch sizes")
        sys.exit(0 if median <= 1.05 else 1)


main()
