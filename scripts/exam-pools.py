#!/usr/bin/env python3
"""Records the pools of the exam again: full grids, whose largest budgets say what a law fitted to the small ones is worth.

A pool is every combination of 9 learning rates, 3 batch sizes and 7 token budgets that double, each a whole run of its
own: one seed at the five smaller budgets, two at the two largest. It is written to exam/pools/NAME.csv when it is
complete, with an empty loss where a run diverged, and what it cost goes to the table in exam/README.md.

usage: exam-pools.py TUNERD [NAME...] [--text FILE] [--libsvm FILE]      without names: all that are not there yet

Pools named ...-torch are trained by examples/nanogpt/train.py in this process and need torch (scripts/scratch-python.sh),
the others by TUNERD. One core is used.
"""
import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.join(ROOT, "exam")
COLUMNS = ["token_budget", "batch_size_tokens", "learning_rate", "seed", "validation_loss"]
TEXT, LIBSVM = "TEXT", "LIBSVM"  # places of the data in the workloads below


def budgets(smallest):
    return [smallest * 2**k for k in range(7)]


def torch_pool(model, schedule, rates, batches, smallest):
    return {"torch": f"{model} --schedule {schedule}", "rates": rates, "batches": batches, "budgets": budgets(smallest)}


def pool(workload, optimizer, rates, batches, smallest):
    return {"workload": workload, "optimizer": optimizer, "rates": rates, "batches": batches, "budgets": budgets(smallest)}


def optimizer(name, schedule, **others):
    return {"name": name, **others, "schedule": {"shape": schedule, "warmup_fraction": 0.05}}


LANGUAGE = {"name": "char-gpt", "depth": 2, "width": 32}
SHAKESPEARE = {**LANGUAGE, "path": TEXT}
Ki = 1024

# Rates are the smallest of nine and their ratio, placed by a short scan so that the best is inside at nearly every budget.
POOLS = {
    "shakespeare-adamw-cosine-torch": torch_pool(
        "--model gpt --depth 2 --width 32 --heads 2", "cosine", (1e-3, 1.7), [256, 512, 1024], 16 * Ki),
    "language-muon-wsd": pool(LANGUAGE, optimizer("muon", "wsd"), (2e-3, 1.8), [128, 256, 512], 8 * Ki),
    "shakespeare-adamw-wsd": pool(SHAKESPEARE, optimizer("adamw", "wsd"), (6e-4, 1.8), [128, 256, 512], 8 * Ki),
    "mlp-adamw-cosine": pool({"name": "mlp", "width": 32}, optimizer("adamw", "cosine"), (1e-3, 1.9), [16, 32, 64], 4 * Ki),
    "language-adamw-cosine": pool(LANGUAGE, optimizer("adamw", "cosine"), (5e-4, 1.9), [64, 128, 256], 4 * Ki),
    "shakespeare-muon-cosine": pool(SHAKESPEARE, optimizer("muon", "cosine"), (3e-3, 1.8), [64, 128, 256], 4 * Ki),
    "language-lion-linear": pool(LANGUAGE, optimizer("lion", "linear"), (2.5e-4, 1.8), [64, 128, 256], 4 * Ki),
    "logistic-sgd-cosine": pool(
        {"name": "logistic-regression", "path": LIBSVM}, optimizer("sgd", "cosine", momentum=0), (0.06, 1.9), [4, 16, 64], Ki),
    "stream-sgd-constant": pool(
        {"name": "stream-least-squares", "report_noise": 0.01}, {"name": "sgd", "schedule": "constant"}, (0.01, 1.7),
        [4, 8, 16], 256),
    "shakespeare-lion-linear": pool(SHAKESPEARE, optimizer("lion", "linear"), (3e-4, 1.9), [64, 128, 256], 4 * Ki),
    "cnn-adamw-cosine": pool({"name": "cnn", "filters": 4}, optimizer("adamw", "cosine"), (1.5e-3, 1.8), [16, 32, 64], 512),
    "shakespeare-lstm-adamw-linear-torch": torch_pool(
        "--model lstm --depth 1 --width 64", "linear", (2e-3, 1.8), [128, 256, 512], 4 * Ki),
    "language-wide-adamw-linear": pool(
        {**LANGUAGE, "width": 48}, optimizer("adamw", "linear"), (5e-4, 1.9), [128, 256, 512], 4 * Ki),
}


def rates(recipe):
    smallest, factor = recipe["rates"]
    return [float(f"{smallest * factor**k:.4g}") for k in range(9)]


def seeds(recipe, budget):
    return [1, 2] if budget in recipe["budgets"][-2:] else [1]


def train_with_torch(recipe, options):
    """Rows of a pool of the PyTorch script, which is imported: to start Python for every run would take longer than most."""
    import torch
    sys.path.insert(0, os.path.join(ROOT, "examples", "nanogpt"))
    import train
    torch.set_num_threads(1)
    for budget in recipe["budgets"]:
        for seed in seeds(recipe, budget):
            for batch in recipe["batches"]:
                for rate in rates(recipe):
                    words = f"{recipe['torch']} --tokens {budget} --learning_rate {rate} --seed {seed} --eval_interval {budget}"
                    run = train.parser.parse_args(["--data", options.text, *words.split()])
                    run.batch_size_sequences = batch // run.block_size
                    loss = train.train(run, log=lambda line: None)
                    yield budget, batch, rate, seed, loss if loss - loss == 0 else None


def train_with_tunerd(recipe, options):
    """Rows of a pool of a workload: a grid of all budgets, and one of the two largest for the second seed."""
    paths = {TEXT: options.text, LIBSVM: options.libsvm}
    workload = {key: os.path.abspath(paths[value]) if value in paths else value for key, value in recipe["workload"].items()}
    for seed, chosen in ((1, recipe["budgets"]), (2, recipe["budgets"][-2:])):
        sweep = {
            "name": f"pool-{seed}", "workload": workload, "optimizer": recipe["optimizer"],
            "parameters": {"learning_rate": rates(recipe), "batch_size_tokens": recipe["batches"]},
            "token_budgets": chosen, "method": "grid", "stack": "auto", "shorter_runs": "off", "parallel": 1, "seed": seed}
        for trial in trials(options.tunerd, sweep):
            values = trial["hyperparameters"]
            loss = trial["metrics"]["validation_loss"] if trial["state"] == "completed" else None
            yield trial["token_budget"], values["batch_size_tokens"], values["learning_rate"], seed, loss


def trials(tunerd, sweep):
    with tempfile.TemporaryDirectory() as folder:
        path, store = os.path.join(folder, "pool.yaml"), os.path.join(folder, "pool.sqlite")
        with open(path, "w") as file:
            json.dump(sweep, file)  # JSON is YAML
        ended = subprocess.run([tunerd, "run", "--quiet", path, "--store", store], capture_output=True, text=True)
        if ended.returncode not in (0, 75):
            sys.exit(f"exam-pools: {ended.stderr}")
        found = json.loads(subprocess.check_output([tunerd, "trials", sweep["name"], "--store", store, "--json"]))["trials"]
    if any(trial["state"] not in ("completed", "diverged") for trial in found):
        sys.exit("exam-pools: a trial failed")
    return found


def write(name, rows):
    path = os.path.join(FOLDER, "pools", name + ".csv")
    with open(path + ".part", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for *place, loss in rows:
            writer.writerow([*place, "" if loss is None else f"{loss:.6g}"])
    os.replace(path + ".part", path)


def processor_seconds():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def note(name, rows, wall, processor):
    """Puts the cost of a pool into its line of the table in exam/README.md, or adds one."""
    path = os.path.join(FOLDER, "README.md")
    lines = open(path).read().splitlines()
    tokens = sum(row[0] for row in rows) / 2**20
    diverged = sum(row[-1] is None for row in rows)
    line = f"| {name} | {len(rows)} | {diverged} | {tokens:.1f} | {wall:.0f} | {processor:.0f} |"
    at = next((i for i, old in enumerate(lines) if old.startswith(f"| {name} |")), None)
    if at is None:
        last = max(i for i, old in enumerate(lines) if old.startswith("|"))
        lines.insert(last + 1, line)
    else:
        lines[at] = line
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


def record(name, options):
    recipe = POOLS[name]
    wall, processor = time.time(), processor_seconds()
    rows = sorted((train_with_torch if "torch" in recipe else train_with_tunerd)(recipe, options), key=lambda row: row[:4])
    wall, processor = time.time() - wall, processor_seconds() - processor
    write(name, rows)
    note(name, rows, wall, processor)
    print(f"{name}: {len(rows)} runs, {wall:.0f} s, {processor:.0f} s of a processor", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tunerd")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--text", default=os.path.join(ROOT, "../shared/data/text/tinyshakespeare.txt"))
    parser.add_argument("--libsvm", default=os.path.join(ROOT, "../shared/data/libsvm/a9a.txt"))
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in POOLS]
    if unknown:
        sys.exit(f"exam-pools: no pool {', '.join(unknown)}; there are {', '.join(POOLS)}")
    missing = [name for name in POOLS if not os.path.exists(os.path.join(FOLDER, "pools", name + ".csv"))]
    for name in options.names or missing:
        record(name, options)


main()
