#!/usr/bin/env python3
"""Checks a recommendation by paying for it: trains at 8 times the largest swept budget.

Runs a sweep, asks for 8x its largest budget, then trains there with the recommendation and with a learning-rate grid
of nine points over the sweep's whole range (same batch size), and prints how far the recommendation's loss is
from the best of the grid.

usage: validate-recommendation.py TUNERD [--text FILE] SWEEP.yaml [SWEEP.yaml ...]
       --text FILE   train char-gpt on this text instead of the synthetic language
"""
import json
import os
import re
import subprocess
import sys
import tempfile


def run(tunerd, *arguments):
    return json.loads(subprocess.check_output([tunerd, *arguments, "--json"]))


def grid_sweep(text, name, rates, batch, budget, momentum):
    """The same sweep file as a grid at one budget: parameters and budgets replaced, the rest kept."""
    keep = []
    skipping = False
    for line in text.splitlines():
        if re.match(r"^(name|description|parameters|token_budgets|target_token_budget|method|law|run_cap|replicates):", line):
            skipping = True
            continue
        if skipping and (line.startswith(" ") or not line.strip()):
            continue
        skipping = False
        keep.append(line)
    lines = [f"name: {name}", *keep, "method: grid", "parameters:",
             f"  learning_rate: {{values: [{', '.join(f'{rate:.6e}' for rate in rates)}]}}",
             f"  batch_size_tokens: {{value: {batch}}}"]
    if momentum is not None:
        lines.append(f"  momentum: {{value: {momentum}}}")
    return "\n".join(lines + [f"token_budgets: [{budget}]"]) + "\n"


def validate(tunerd, sweep, corpus):
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "run.sqlite")
        text = open(sweep).read()
        if corpus:
            text = text.replace("workload: char-gpt", f"workload: {{name: char-gpt, path: {os.path.abspath(corpus)}}}")
            sweep = os.path.join(folder, "sweep.yaml")
            open(sweep, "w").write(text)
        name = re.search(r"^name:\s*(\S+)", text, re.M).group(1)
        subprocess.run([tunerd, "run", sweep, "--store", store, "--json"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        trials = run(tunerd, "trials", name, "--store", store)["trials"]
        budgets = sorted({trial["token_budget"] for trial in trials})
        budget = 8 * budgets[-1]
        answer = run(tunerd, "recommend", name, "--store", store, "--token-budget", str(budget))
        values = answer["hyperparameters"]
        rate, batch = values["learning_rate"]["value"], int(values["batch_size_tokens"]["value"])
        momentum = values.get("momentum", {}).get("value") if values.get("momentum", {}).get("source") == "fit" else None
        low, high = map(float, re.search(r"learning_rate:\s*\{min:\s*([^,]+),\s*max:\s*([^,}]+)", text).groups())
        grid = [low * (high / low) ** (k / 8) for k in range(9)]
        path = os.path.join(folder, "grid.yaml")
        with open(path, "w") as file:
            file.write(grid_sweep(text, name + "-grid", sorted(set(grid + [rate])), batch, budget, momentum))
        grid_store = os.path.join(folder, "grid.sqlite")
        # A grid of one budget ends with "not enough data for a law": only its trials are wanted.
        subprocess.run([tunerd, "run", path, "--store", grid_store, "--json"], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        paid = run(tunerd, "trials", name + "-grid", "--store", grid_store)["trials"]
        losses = {}
        for trial in paid:
            losses[trial["hyperparameters"]["learning_rate"]] = trial["metrics"].get("validation_loss", float("inf")) \
                if trial["state"] == "completed" else float("inf")
        mine_rate = min(losses, key=lambda value: abs(value / rate - 1))
        mine = losses.pop(mine_rate)
        best_rate = min(losses, key=losses.get)
        spent = sum(trial["token_budget"] for trial in trials)
        interval = values["learning_rate"]["interval"]
        predicted = answer["predicted"].get("validation_loss")
        print(f"{name}{' on ' + os.path.basename(corpus) if corpus else ''}: {len(trials)} trials, {spent:,} tokens at budgets {budgets}; asked {budget:,}")
        print(f"  recommended learning rate {rate:.4g} [{interval[0]:.4g}, {interval[1]:.4g}], batch {batch}: "
              f"loss {mine:.4f}" + (f", predicted {predicted['value']:.4f} {predicted['interval']}" if predicted else ""))
        for value, loss in sorted(losses.items()):
            print(f"    grid {value:.4g}: {loss:.4f}{'  <- best' if value == best_rate else ''}")
        excess = mine / losses[best_rate] - 1
        print(f"  recommendation against the best of the grid: {100 * excess:+.2f} %", flush=True)
        return excess


def main():
    arguments = sys.argv[2:]
    corpus = arguments[1] if arguments[0] == "--text" else None
    sweeps = arguments[2:] if corpus else arguments
    worst = max(validate(sys.argv[1], sweep, corpus) for sweep in sweeps)
    print(f"worst: {100 * worst:+.2f} %")
    sys.exit(0 if worst <= 0.01 else 1)


main()
