#!/usr/bin/env python3
"""Predicted over tuned learning rate: how good `tunerd probe` is before any sweep.

For each workload and optimizer: probes the workload, then trains a grid of learning rates (factor 1.4) at one budget
with several seeds, places the optimum of the mean final loss by a parabola through the best rate and its neighbours,
and prints predicted / tuned. A grid whose best rate is its end is widened. Grids are kept in a file and not trained
again, so a changed prediction can be judged in a minute.

The second table is the same ratio for what convergence bounds say with the measured constants: the published form, with
the curvature along the optimizer's own steps in place of secants, and without the lag of momentum.

usage: probe-accuracy.py TUNERD GRIDS.json [OPTIMIZER ...]        default sgd, sign-sgd, muon
"""
import json
import math
import os
import subprocess
import sys
import tempfile

FACTOR = 1.4
SEEDS = 3
OPTIMIZERS = sys.argv[3:] or ["sgd", "sign-sgd", "muon"]
# name, batch size and budget in tokens: 512 steps, 512 steps, 256 steps
WORKLOADS = [("logistic-regression", 64, 32768), ("mlp", 64, 32768), ("char-gpt", 512, 131072)]


def sweep(name, workload, optimizer, rates, batch, budget, extra=""):
    return (
        f"name: {name}\nworkload: {workload}\noptimizer: {optimizer}\nmethod: grid\nreplicates: {SEEDS}\n"
        f"parameters:\n  learning_rate: {{values: [{', '.join(map(repr, rates))}]}}\n"
        f"  batch_size_tokens: {{value: {batch}}}\ntoken_budgets: [{budget}]\n{extra}"
    )


def tunerd(*arguments):
    return subprocess.run([sys.argv[1], *arguments], capture_output=True, text=True)


def probe(workload, optimizer, batch, budget):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "probe.yaml")
        with open(path, "w") as file:
            file.write(sweep("probe", workload, optimizer, [0.1, 1.0], batch, budget))
        answer = tunerd("probe", path, "--json")
        if answer.returncode:
            sys.exit(answer.stderr)
        return json.loads(answer.stdout)


def train(workload, optimizer, rates, batch, budget):
    """Mean final loss by rate; a rate at which a seed diverged is infinitely bad."""
    with tempfile.TemporaryDirectory() as folder:
        path, store = os.path.join(folder, "grid.yaml"), os.path.join(folder, "grid.sqlite")
        with open(path, "w") as file:
            file.write(sweep("grid", workload, optimizer, rates, batch, budget))
        tunerd("run", path, "--store", store, "--slots", "1")
        answer = tunerd("trials", "grid", "--store", store, "--json")
        if answer.returncode:
            sys.exit(answer.stderr)
        losses = {}
        for trial in json.loads(answer.stdout)["trials"]:
            rate = trial["hyperparameters"]["learning_rate"]
            loss = trial["metrics"].get("validation_loss") if trial["state"] == "completed" else None
            losses.setdefault(rate, []).append(math.inf if loss is None else loss)
    return {rate: sum(values) / len(values) for rate, values in losses.items()}


def tuned(losses):
    """The optimum of log rate, and whether the best rate has neighbours on both sides."""
    rates = sorted(losses)
    k = min(range(len(rates)), key=lambda i: losses[rates[i]])
    if k in (0, len(rates) - 1):
        return rates[k], k
    y = [losses[rates[i]] for i in (k - 1, k, k + 1)]
    bend = y[0] - 2 * y[1] + y[2]
    shift = 0.5 * (y[0] - y[2]) / bend if math.isfinite(bend) and bend > 0 else 0
    return rates[k] * FACTOR**shift, None


def grid(workload, optimizer, batch, budget, start, grids):
    key = f"{workload} {optimizer}"
    losses = {float(rate): loss for rate, loss in grids.get(key, {}).items()}
    wanted = [] if losses else [float(f"{start * FACTOR**k:.4g}") for k in range(-3, 8)]
    while True:
        if wanted:
            losses.update(train(workload, optimizer, wanted, batch, budget))
            grids[key] = losses
            with open(sys.argv[2], "w") as file:
                json.dump(grids, file)
        rate, end = tuned(losses)
        if end is None:
            return rate, losses
        step = FACTOR if end else 1 / FACTOR
        wanted = [float(f"{rate * step**k:.4g}") for k in range(1, 5)]


def bounds(report, steps):
    """Peak rates of a cosine schedule by three readings of the bound."""
    gap, peak = report["start_loss"] - report["loss_floor"], math.sqrt(8 / 3)
    secant, directional = report["smoothness"], report["directional_smoothness"]
    if not report["is_normalized"]:
        scale = (1 - report["momentum"] if report["sums"] else 1) * peak
        rate = {
            curvature: scale * math.sqrt(2 * gap / (steps * curvature * report["gradient_square"]))
            for curvature in (secant, directional)
        }
        return [rate[secant], rate[directional], None]
    beta = report["momentum"]
    lag = 0.5 + 2 * (beta**2 if report["is_nesterov"] else beta) / (1 - beta)
    return [
        peak * math.sqrt(gap / (steps * curvature * drift))
        for curvature, drift in ((secant, lag), (directional, lag), (directional, 0.5))
    ]


def main():
    grids = {}
    if os.path.exists(sys.argv[2]):
        with open(sys.argv[2]) as file:
            grids = json.load(file)
    print("| workload | optimizer | predicted | tuned | predicted / tuned | loss at predicted over best |")
    print("|---|---|---|---|---|---|")
    ratios, others = [], []
    for workload, batch, budget in WORKLOADS:
        for optimizer in OPTIMIZERS:
            answer = probe(workload, optimizer, batch, budget)
            predicted = next(p for p in answer["predictions"] if p["token_budget"] == budget)["learning_rate"]
            best, losses = grid(workload, optimizer, batch, budget, predicted, grids)
            ratios.append(predicted / best)
            readings = bounds(answer["report"], budget / batch)
            shown = " | ".join("-" if rate is None else f"{rate / best:.2f}" for rate in readings)
            others.append(f"| {workload} | {optimizer} | {shown} |")
            nearest = min(losses, key=lambda rate: abs(math.log(rate / predicted)))
            excess = losses[nearest] / min(losses.values()) - 1
            print(
                f"| {workload} | {optimizer} | {predicted:.3g} | {best:.3g} | {ratios[-1]:.2f} "
                f"| {100 * excess:.1f} % |", flush=True)
    inside = sum(0.4 <= ratio <= 1.6 for ratio in ratios)
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"\n{inside} of {len(ratios)} between 0.4 and 1.6; geometric mean {mean:.2f}\n")
    print("| workload | optimizer | bound | curvature along steps | the same, no lag of momentum |")
    print("|---|---|---|---|---|")
    print("\n".join(others))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main()
