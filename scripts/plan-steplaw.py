#!/usr/bin/env python3
"""Lets law_guided choose trials on a public sweep, and asks for hyperparameters far beyond what it was shown.

The objective is the Step Law table (data: ../shared/data/steplaw_dense.csv): the loss interpolated between its runs. A
sweep of 'ask_tell' trials may ask for cells of the training split only; the law it ends with answers for the six test
cells, and the regret there is the interpolated loss above the best measured one.

usage: plan-steplaw.py TUNERD [--runs 40] [--seeds 9] [--prior lmo|none] [--parallel 4]
"""
import argparse
import csv
import json
import os
import subprocess
import tempfile
import time

import sweepmetric

parser = argparse.ArgumentParser()
parser.add_argument("tunerd")
parser.add_argument("--table", default="../shared/data/steplaw_dense.csv")
parser.add_argument("--runs", type=int, default=40)
parser.add_argument("--seeds", type=int, default=9)
parser.add_argument("--prior", default="lmo", help="lmo, as its optimizer is AdamW; none, where it is not known")
parser.add_argument("--parallel", type=int, default=4)
options = parser.parse_args()

rows = [r for r in csv.DictReader(open(options.table)) if r["loss"]]
cells = {}
for row in rows:
    cells.setdefault(row["cell"], []).append(row)


def surface(runs):
    return sweepmetric.Cell([(float(r["lr"]), float(r["batch_tokens"]), float(r["loss"])) for r in runs])


def place(runs):
    return int(float(runs[0]["N"])), int(float(runs[0]["D"]))


train = {place(runs): surface(runs) for runs in cells.values() if runs[0]["split"] == "train"}
test = {name: (place(runs), surface(runs)) for name, runs in cells.items() if runs[0]["split"] == "test"}
rates = [float(r["lr"]) for r in rows if r["split"] == "train"]
batches = sorted({int(float(r["batch_tokens"])) for r in rows if r["split"] == "train"})


def sweep(seed):
    sizes, budgets = sorted({n for n, _ in train}), sorted({d for _, d in train})
    pairs = "\n".join(f"  - {{model_size: {n}, token_budget: {d}}}" for n, d in train)
    targets = "\n".join(f"  - {{model_size: {n}, token_budget: {d}}}" for (n, d), _ in test.values())
    return f"""name: steplaw-{seed}
ask_tell: true
parameters:
  learning_rate: {{min: {min(rates):.6g}, max: {max(rates):.6g}}}
  batch_size_tokens: {batches}
token_budgets: {budgets}
model_sizes: {sizes}
cells:
{pairs}
target_cells:
{targets}
law: {{prior: {options.prior}}}
run_cap: {options.runs}
parallel: {options.parallel}
seed: {seed}
"""


def main():
    means = []
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, "t.sock")
        environment = {**os.environ, "TUNERD_SOCKET": socket, "XDG_DATA_HOME": folder, "XDG_RUNTIME_DIR": folder}

        def tunerd(*arguments, text=None):
            return subprocess.run(
                [options.tunerd, *arguments], env=environment, input=text, capture_output=True, text=True, check=True).stdout

        daemon = subprocess.Popen([options.tunerd, "serve"], env=environment, stderr=subprocess.DEVNULL)
        try:
            while True:
                time.sleep(0.1)
                try:
                    tunerd("status")
                    break
                except subprocess.CalledProcessError:
                    if daemon.poll() is not None:
                        raise SystemExit("the daemon did not start")
            for seed in range(options.seeds):
                means.append(play(tunerd, folder, seed))
        finally:
            daemon.terminate()
            daemon.wait()
    means.sort()
    print(f"median over {len(means)} seeds: {means[len(means) // 2]:.4f}")


def play(tunerd, folder, seed):
    name = f"steplaw-{seed}"
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w") as file:
        file.write(sweep(seed))
    tunerd("submit", path)
    cost, count = 0.0, 0
    while True:
        asked = json.loads(tunerd("ask", name, "--count", str(options.parallel), "--json"))
        if not asked["trials"]:
            if asked["state"] != "running":
                break
            time.sleep(0.05)
            continue
        for trial in asked["trials"]:
            values = trial["hyperparameters"]
            cell = train[(int(values["model_size"]), trial["token_budget"])]
            loss = cell.best + cell.regret(values["learning_rate"], values["batch_size_tokens"])
            tunerd("tell", name, str(trial["number"]), "--attempt", trial["token"], "--metric", f"validation_loss={loss!r}", "--outcome", "completed")
            cost += 6 * values["model_size"] * trial["token_budget"]
            count += 1
    law = {"__name__": "law"}
    exec(tunerd("export", name, "--format", "python"), law)
    regrets = []
    for (size, budget), cell in test.values():
        found = law["recommend"](budget, model_size=size)["hyperparameters"]
        regrets.append(cell.regret(found["learning_rate"]["value"], found["batch_size_tokens"]["value"]))
    mean = sum(regrets) / len(regrets)
    target = sum(6 * n * d for (n, d), _ in test.values())
    print(f"seed {seed}: {count} trials, {cost / target:.2f} of the test cells' cost, mean regret {mean:.4f}, max {max(regrets):.4f}")
    return mean


main()
