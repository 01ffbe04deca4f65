#!/usr/bin/env python3
"""Runs the claim sweeps and writes what they found.

    scripts/claims.py [--tunerd PATH] [NAME ...]        default: sweeps/claim-*.yaml

For every value of the parameters named in the sweep's line '# Compare: a, b' the other parameters are minimised over:
one row with the best learning rate (vertex of a parabola through the best grid point and its neighbours), the other
best values, and the metric there, averaged over replicates (largest where the sweep maximises it). A grid that diverges in one replicate is no candidate.
A line '# Report: c' adds that metric of the best. Rows go to sweeps/results/NAME.csv.
"""

import argparse
import collections
import csv
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(tunerd, file):
    """All trials of a sweep, in a store of their own."""
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/store.sqlite"
        done = subprocess.run([tunerd, "run", str(file), "--store", store, "--quiet", "--slots", "1"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode not in (0, 75):
            sys.exit(done.stderr)
        listed = subprocess.run([tunerd, "trials", file.stem, "--store", store, "--json"],
                                capture_output=True, text=True)
        if listed.returncode:
            sys.exit(listed.stderr)
        return json.loads(listed.stdout)["trials"]


def vertex(points, best):
    """Learning rate of the parabola through the best point and its neighbours in the logarithm."""
    rates = sorted(points)
    k = rates.index(best)
    if k in (0, len(rates) - 1):
        return best, True
    x = [math.log(rates[k + i]) for i in (-1, 0, 1)]
    y = [points[rates[k + i]] for i in (-1, 0, 1)]
    a = (x[1] - x[0]) * (y[1] - y[2])
    b = (x[1] - x[2]) * (y[1] - y[0])
    if a == b:
        return best, False
    return math.exp(x[1] - 0.5 * ((x[1] - x[0]) * a - (x[1] - x[2]) * b) / (a - b)), False


def summarise(trials, compare, metric, sign=1, reported=()):
    cells = collections.defaultdict(list)
    extra = collections.defaultdict(list)
    bits = {}
    for trial in trials:
        values = dict(trial["hyperparameters"], token_budget=trial["token_budget"])
        key = tuple(sorted(values.items()))
        bits[key] = trial["metrics"].get("bits")
        extra[key].append(trial["metrics"])
        cells[key].append(trial["metrics"].get(metric) if trial["state"] == "completed" else None)
    groups = collections.defaultdict(dict)
    for key, losses in cells.items():
        values = dict(key)
        if all(loss is not None and math.isfinite(loss) for loss in losses):
            groups[tuple(values[name] for name in compare)][key] = sign * sum(losses) / len(losses)
    rows = []
    for group in sorted(groups):
        best = min(groups[group], key=groups[group].get)
        values = dict(best)
        others = {k: v for k, v in values.items() if k != "learning_rate"}
        row = dict(zip(compare, group))
        if "learning_rate" in values and "learning_rate" not in compare:
            line = {dict(k)["learning_rate"]: loss for k, loss in groups[group].items()
                    if {a: b for a, b in k if a != "learning_rate"} == others}
            rate, edge = vertex(line, values["learning_rate"])
            row["best_learning_rate"] = f"{rate:.4g}" + (" (edge)" if edge and len(line) > 1 else "")
        for name in sorted(others):
            if name not in compare and len({dict(k)[name] for k in cells}) > 1:
                row["best_" + name] = values[name]
        row[metric] = f"{sign * groups[group][best]:.6g}"
        for name in reported:
            row[name] = f"{sum(metrics[name] for metrics in extra[best]) / len(extra[best]):.6g}"
        if bits[best] is not None:
            row["bits"] = f"{bits[best]:.6g}"
        rows.append(row)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tunerd", default=str(ROOT / ".build/release/tunerd"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    files = [ROOT / f"sweeps/{name}.yaml" for name in options.names] or sorted(ROOT.glob("sweeps/claim-*.yaml"))
    for file in files:
        text = file.read_text()
        compare = re.search(r"^# Compare: (.+?)\.?$", text, re.M).group(1).split(", ")
        found = re.search(r"^metric: (?:\{name: )?(\w+)(?:, goal: (\w+))?", text, re.M)
        metric, goal = found.groups() if found else ("validation_loss", None)
        report = re.search(r"^# Report: (.+?)\.?$", text, re.M)
        rows = summarise(run(options.tunerd, file), compare, metric, -1 if goal == "maximize" else 1,
                         report.group(1).split(", ") if report else ())
        with open(ROOT / f"sweeps/results/{file.stem}.csv", "w", newline="") as out:
            writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print(file.stem)
        for row in rows:
            print("  ", ", ".join(f"{k}={v}" for k, v in row.items()))


if __name__ == "__main__":
    main()
