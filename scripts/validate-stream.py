#!/usr/bin/env python3
"""Checks a recommendation against the truth where the truth is known.

Runs the stream-least-squares sweep (budgets 2^8 to 2^12), asks for the learning rate at 2^18 samples for every batch
size, and compares the exact risk of each answer with the best possible learning rate at that batch size, found by
golden section. The risk recursion below is written independently of the program's own.

usage: validate-stream.py TUNERD [SWEEP.yaml] [--noise 0,0.01,0.03 --seeds 20]      needs numpy

With --noise the sweep is run for every level of relative noise on the reported loss and every seed, and summed up.
"""
import argparse
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


def answers(tunerd, sweep, truth):
    """Trials, samples spent, and for each batch size: answer, interval, its exact risk over the best."""
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "run.sqlite")
        subprocess.run([tunerd, "run", "--quiet", sweep, "--store", store, "--json"], check=True, stdout=subprocess.DEVNULL)
        name = next(line.split(":")[1].strip() for line in open(sweep) if line.startswith("name:"))
        trials = json.loads(subprocess.check_output(
            [tunerd, "trials", name, "--store", store, "--json"]))["trials"]
        rows = []
        for batch in BATCHES:
            answer = json.loads(subprocess.check_output(
                [tunerd, "recommend", name, "--store", store, "--token-budget", str(TARGET),
                 "--batch-size-tokens", str(batch), "--json"]))
            found = answer["hyperparameters"]["learning_rate"]
            rows.append((batch, found["value"], found["interval"], risk(found["value"], batch, TARGET) / truth[batch][1]))
        return len(trials), sum(trial["token_budget"] for trial in trials), rows


def sum_up(tunerd, sweep, truth, levels, seeds):
    text = open(sweep).read()
    inside_all = count_all = 0
    print(f"{'NOISE':>6} {'MEDIAN RATIO':>13} {'WORST SEED':>11} {'WORST':>7} {'COST':>6} {'MOST':>6} {'TRIALS':>9}  IN 80 %")
    for level in levels:
        ratios, medians, costs, counts, inside = [], [], [], [], 0
        for seed in range(seeds):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(text.replace(
                    "workload: stream-least-squares", f"workload: {{name: stream-least-squares, report_noise: {level}}}")
                    + f"\nseed: {seed}\n")
                file.flush()
                count, spent, rows = answers(tunerd, file.name, truth)
            found = sorted(row[3] for row in rows)
            ratios += found
            medians.append((found[3] + found[4]) / 2)
            costs.append(spent / TARGET)
            counts.append(count)
            inside += sum(low <= truth[batch][0] <= high for batch, _, (low, high), _ in rows)
        ratios.sort(), costs.sort()
        inside_all, count_all = inside_all + inside, count_all + len(ratios)
        print(f"{level:>6} {ratios[len(ratios) // 2]:>13.4f} {max(medians):>11.4f} {ratios[-1]:>7.3f} "
              f"{costs[len(costs) // 2]:>6.3f} {costs[-1]:>6.3f} {min(counts):>4}..{max(counts):<3}  "
              f"{100 * inside / len(ratios):.0f} %", flush=True)
    print(f"in all the 80 % interval holds the best rate in {100 * inside_all / count_all:.1f} % of {count_all} answers")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tunerd")
    parser.add_argument("sweep", nargs="?", default="sweeps/stream-least-squares.yaml")
    parser.add_argument("--noise")
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    truth = {batch: best(batch) for batch in BATCHES}
    if options.noise is not None:
        levels = [float(level) for level in options.noise.split(",")]
        sum_up(options.tunerd, options.sweep, truth, levels, options.seeds)
        return
    count, spent, rows = answers(options.tunerd, options.sweep, truth)
    print(f"{count} trials, {spent} samples = {spent / TARGET:.2f} target runs")
    print(f"{'BATCH':>6} {'RECOMMENDED':>12} {'BEST':>10} {'BEST RISK':>10} {'RATIO':>7}  IN 80 %")
    for batch, rate, (low, high), ratio in rows:
        print(f"{batch:>6} {rate:>12.5g} {truth[batch][0]:>10.5g} {truth[batch][1]:>10.5g} {ratio:>7.4f}  "
              f"{'yes' if low <= truth[batch][0] <= high else 'no'}")
    ratios = sorted(row[3] for row in rows)
    median = (ratios[3] + ratios[4]) / 2
    covered = sum(low <= truth[batch][0] <= high for batch, _, (low, high), _ in rows)
    print(f"median ratio {median:.4f}, worst {ratios[-1]:.4f}; 80 % interval holds the best rate for "
          f"{covered} of {len(BATCHES)} batch sizes")
    sys.exit(0 if median <= 1.05 else 1)


main()
