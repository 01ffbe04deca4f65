#!/usr/bin/env python3
"""Examines recommendations on recorded full grids: asks far beyond what was shown, and looks up what the answer costs there.

A pool is a CSV file with a line for each run: token_budget, batch_size_tokens (may be absent), learning_rate,
validation_loss (empty: diverged), and seed when runs were repeated; scripts/exam-pools.py records them. The largest
budget is the target, the truth there is the mean over seeds, interpolated between the runs in log learning rate and log
batch size, and a regret is the loss above the best of the grid, in percent of it.

  table   the law is fitted to every run of at most a fraction of the target (1/8 unless --fractions says otherwise)
  replay  law_guided chooses --caps runs of at most an eighth of the target itself; their losses come from the pool,
          interpolated at their budget, with noise as large as the difference between the pool's seeds

Each answer stands beside what people do without a law, with the same runs: reuse (the best run of the largest budget
run), line (a straight line through the best run of each budget, in logarithms), constant (their geometric mean), and in
a replay tpe (tunerd's own, at the target for the tokens the sweep has spent; at least one run, the first eight of which
are spread). A replayed baseline has the replayed losses, with their noise.

Intervals are held against smoothed optima, because the best point of a noisy grid is noisy itself: in each row of one
batch size the bottom of a parabola through the best run and its neighbours. The best rate is that at the recommended
batch size, on which the interval is conditional: between two rows, or outside on a line through all of them. A row whose
best run is on its edge is not judged, and batch sizes count as equally good whose bottoms differ by less than the noise
between seeds. How often intervals hold the best point of the grid (its rate in the row next to the recommended batch
size) stands beside it. An answer outside of the grid has the regret of its edge, and a mark: a star, or a count (OUT).

usage: exam.py TUNERD [--pool FILE.csv ...] [--mode table|replay|both] [--fractions 8,4,2] [--caps 20,40]
       [--priors none,lmo] [--seeds 9] [--jobs 1] [--noise SD] [--json FILE]        default: every pool in exam/pools

Needs the standard library only.
"""
import argparse
import collections
import concurrent.futures
import csv
import glob
import http.client
import itertools
import json
import math
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from sweepmetric import interpolate, least_squares  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BASELINES = ["reuse", "line", "constant"]
SLOTS = 4  # trials that a replayed sweep has out at once
LEVELS = ["rate 80", "rate 95", "batch 80", "batch 95", "loss 80"]
Run = collections.namedtuple("Run", "budget batch rate seed loss")  # a loss of infinity diverged


class Surface:
    """The runs of one budget: rows of learning rates for each batch size, in octaves, with means over seeds."""

    def __init__(self, runs):
        self.points = collections.defaultdict(list)
        for run in runs:
            self.points[math.log2(run.batch), math.log2(run.rate)].append(run.loss)
        self.means = {place: statistics.fmean(losses) for place, losses in self.points.items()}
        worst = max(loss for loss in self.means.values() if loss < math.inf)
        rows = collections.defaultdict(list)
        for (y, x), loss in sorted(self.means.items()):
            rows[y].append((x, min(loss, worst)))
        self.rows = {y: tuple(zip(*row)) for y, row in rows.items()}
        (self.y, self.x), self.best = min(self.means.items(), key=lambda item: item[1])

    def loss(self, x, y):
        return interpolate(y, list(self.rows), [interpolate(x, *row) for row in self.rows.values()])

    def regret(self, rate, batch):
        return 100 * (self.loss(math.log2(rate), math.log2(batch)) / self.best - 1)

    def diverged(self, x, y):
        return self.means[min(self.means, key=lambda place: max(abs(place[0] - y), abs(place[1] - x)))] == math.inf

    def outside(self, rate, batch):
        x, y = math.log2(rate), math.log2(batch)
        return any(not low - 1e-9 <= value <= high + 1e-9 for value, low, high in (
            (x, min(p[1] for p in self.means), max(p[1] for p in self.means)), (y, min(self.rows), max(self.rows))))

    def row_optimum(self, y):
        """(log rate, loss) at the bottom of a row; the rate is None on its edge."""
        xs, losses = self.rows[y]
        k = losses.index(min(losses))
        if k in (0, len(xs) - 1):
            return None, losses[k]
        near = [i for i in range(max(0, k - 2), min(len(xs), k + 3))
                if self.means[y, xs[i]] < math.inf and (abs(i - k) < 2 or losses[i] <= 1.05 * losses[k])]
        return bottom([xs[i] for i in near], [losses[i] for i in near]) or (xs[k], losses[k])

    def optimum_rate(self, y):
        """The smoothed best log rate at a log batch size: between two rows, or on a line through all of them outside.

        None where a row that it stands on has its best on the edge.
        """
        ys = list(self.rows)
        if ys[0] < y < ys[-1]:
            ys = [max(v for v in ys if v <= y), min(v for v in ys if v >= y)]
        elif y in ys:
            ys = [y]
        found = [self.row_optimum(v)[0] for v in ys]
        return None if None in found else extended(ys, found, y)

    def optimum(self, noise):
        """The bottom of the rows' bottoms: (log batch size, loss), and the log batch sizes not told from it by the noise."""
        ys, losses = list(self.rows), [self.row_optimum(y)[1] for y in self.rows]
        k = losses.index(min(losses))
        inside = 0 < k < len(ys) - 1
        y, loss = inside and bottom(ys[k - 1:k + 2], losses[k - 1:k + 2]) or (ys[k], losses[k])
        return y, loss, [y, *(v for v, other in zip(ys, losses) if other <= loss * (1 + noise))]

    def grid_rate(self, y):
        """The best log rate of the row next to a log batch size."""
        xs, losses = self.rows[min(self.rows, key=lambda v: abs(v - y))]
        return xs[losses.index(min(losses))]


def bottom(xs, losses):
    """Where and how low a parabola through points is, None when it has no bottom between them."""
    centre = statistics.fmean(xs)
    u = [x - centre for x in xs]
    if len(u) < 3:
        return None
    found = least_squares([[1.0] * len(u), u, [v * v for v in u]], losses)
    if found is None or found[2] <= 0:
        return None
    x = -found[1] / (2 * found[2])
    return (centre + x, found[0] + found[1] * x / 2) if min(u) <= x <= max(u) else None


class Pool:
    def __init__(self, path, noise):
        self.name = os.path.basename(path).removesuffix(".csv")
        with open(path, newline="") as file:
            self.runs = [read(row) for row in csv.DictReader(file)]
        self.budgets = sorted({run.budget for run in self.runs})
        self.batches = sorted({run.batch for run in self.runs})
        self.rates = sorted({run.rate for run in self.runs})
        self.surfaces = {budget: Surface([run for run in self.runs if run.budget == budget]) for budget in self.budgets}
        self.target = self.budgets[-1]
        self.truth = self.surfaces[self.target]
        self.noise = self.spread() if noise is None else noise

    def spread(self):
        """Deviation of log losses between seeds near the optimum, at the two largest budgets.

        Of the better third of the points, and by the median: a seed that stays on a plateau is no noise of all runs. With two
        seeds a variance is chi-squared of one degree, whose median is 0.455.
        """
        squares = []
        for surface in (self.surfaces[budget] for budget in self.budgets[-2:]):
            third = sorted(surface.means.values())[len(surface.means) // 3]
            better = [losses for place, losses in surface.points.items() if surface.means[place] <= third]
            squares += [statistics.variance(map(math.log, losses)) for losses in better if len(losses) > 1]
        return math.sqrt(statistics.median(squares) / 0.455) if squares else 0.0

    def shown(self, fraction):
        return [run for run in self.runs if run.budget * fraction <= self.target]

    def tell(self, seed, number, budget, rate, batch):
        """The loss of a replayed trial: the same for the same seed and number; None when it diverges."""
        surface, x, y = self.surfaces[budget], math.log2(rate), math.log2(batch)
        if surface.diverged(x, y):
            return None
        return surface.loss(x, y) * math.exp(random.Random(f"{self.name} {seed} {number}").gauss(0, self.noise))


def read(row):
    loss = float(row["validation_loss"] or "inf")
    return Run(int(row["token_budget"]), float(row.get("batch_size_tokens") or 1), float(row["learning_rate"]), row.get("seed"),
               loss if loss == loss else math.inf)


def baselines(pool, runs):
    """The regrets of what is done without a law, from the same runs."""
    budgets = sorted({run.budget for run in runs})
    best = [min((run for run in runs if run.budget == budget), key=lambda run: run.loss) for budget in budgets]
    t, target = [math.log2(run.budget) for run in best], math.log2(pool.target)
    choices = {"reuse": [best[-1].rate, best[-1].batch], "line": [], "constant": []}
    for name in ("rate", "batch"):
        values = [math.log2(getattr(run, name)) for run in best]
        choices["line"].append(2 ** extended(t, values, target))
        choices["constant"].append(2 ** statistics.fmean(values))
    return {name: pool.truth.regret(*choice) for name, choice in choices.items()}


def extended(xs, ys, x):
    """A straight line at x; constant through a single point."""
    if len(set(xs)) < 2:
        return ys[0]
    slope, offset = statistics.linear_regression(xs, ys)
    return offset + slope * x


def judged(pool, answer):
    """What an answer of the program is worth: its regret, and what its intervals hold."""
    found = answer["hyperparameters"]
    rate, batch = found["learning_rate"], found.get("batch_size_tokens", {"value": pool.batches[0]})
    truth, y = pool.truth, math.log2(batch["value"])
    best_batch, best_loss, as_good = truth.optimum(pool.noise)
    loss = answer.get("predicted", {}).get("validation_loss", {})
    searched = len(pool.batches) > 1
    optima = {"smooth": ([truth.optimum_rate(y)], as_good if searched else [], best_loss),
              "grid": ([truth.grid_rate(y)], [truth.y] if searched else [], truth.best)}
    holds = {}
    for kind, (xs, ys, value) in optima.items():
        holds[kind] = {
            "rate 80": holding(rate, "interval", xs), "rate 95": holding(rate, "interval_95", xs),
            "batch 80": holding(batch, "interval", ys), "batch 95": holding(batch, "interval_95", ys),
            "loss 80": holding(loss, "interval", [math.log2(value)])}
    return {
        "regret": truth.regret(rate["value"], batch["value"]), "outside": truth.outside(rate["value"], batch["value"]),
        "learning_rate": rate, "batch_size_tokens": batch, "loss": loss, "holds": holds,
        "best": {"learning_rate": octaves(optima["smooth"][0][0]), "batch_size_tokens": octaves(best_batch), "loss": best_loss},
        "warnings": sorted({warning["code"] for warning in answer.get("warnings", [])})}


def octaves(x):
    return None if x is None else 2**x


def holding(quantity, key, logarithms):
    """Whether an interval reaches what lies between the smallest and the largest of these; None where nothing can be judged."""
    if not logarithms or None in logarithms or key not in quantity:
        return None
    low, high = quantity[key]
    return low * (1 - 1e-9) <= 2**max(logarithms) and 2**min(logarithms) <= high * (1 + 1e-9)


# Fits to whole tables


def table(tunerd, pool, prior, fraction):
    runs = pool.shown(fraction)
    result = {"part": "table", "pool": pool.name, "prior": prior, "fraction": fraction, **baselines(pool, runs)}
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["token_budget", "batch_size_tokens", "learning_rate", "validation_loss"])
        writer.writerows([run.budget, round(run.batch), run.rate, run.loss if run.loss < math.inf else ""] for run in runs)
        file.flush()
        columns = ["token_budget", "learning_rate", "validation_loss"] + ["batch_size_tokens"] * (pool.batches != [1])
        ended = subprocess.run(
            [tunerd, "fit", "--table", file.name, *(word for name in columns for word in ("--column", f"{name}={name}")),
             "--predict", f"token_budget={pool.target}", "--prior", prior, "--json"], capture_output=True, text=True)
    if ended.returncode:
        return {**result, "problem": ended.stderr.strip()}
    return {**result, **judged(pool, json.loads(ended.stdout)["predictions"][0])}


# Replayed sweeps


class Daemon(http.client.HTTPConnection):
    """A daemon of its own in a folder of its own, and the connection to it."""

    def __init__(self, tunerd):
        super().__init__("localhost")
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "t.sock")
        places = {"TUNERD_SOCKET": self.path, "XDG_DATA_HOME": self.folder.name, "XDG_RUNTIME_DIR": self.folder.name}
        self.process = subprocess.Popen([tunerd, "serve"], env={**os.environ, **places}, stderr=subprocess.DEVNULL)
        while True:
            time.sleep(0.05)
            try:
                self.call("GET", "/v1/status")
                return
            except OSError:
                self.close()
                if self.process.poll() is not None:
                    sys.exit("exam: the daemon did not start")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def call(self, method, path, body=None):
        self.request(method, path, body)
        with self.getresponse() as response:
            text = response.read()
        answer = json.loads(text) if text else {}
        if response.status >= 400:
            raise ValueError(answer.get("detail", response.reason), answer)
        return answer

    def end(self):
        self.close()
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def played(daemon, pool, seed, sweep):
    """Submits a sweep and gives its trials the losses of the pool; returns them as runs."""
    name, runs = sweep["name"], []
    daemon.call("POST", "/v1/sweeps", json.dumps(sweep))
    while True:
        asked = daemon.call("POST", f"/v1/sweeps/{name}/trials?count={SLOTS}&wait=30")
        if not asked["trials"] and asked["state"] != "running":
            return runs
        told = []
        for trial in asked["trials"]:
            values = trial["hyperparameters"]
            batch = float(values.get("batch_size_tokens", pool.batches[0]))
            loss = pool.tell(seed, trial["number"], trial["token_budget"], values["learning_rate"], batch)
            end = {"outcome": "diverged"} if loss is None else {"outcome": "completed", "metrics": {"validation_loss": loss}}
            told.append({"trial": trial["number"], "token": trial["token"], "finished": end})
            runs.append(Run(trial["token_budget"], batch, values["learning_rate"], seed, math.inf if loss is None else loss))
        if told:
            daemon.call("POST", f"/v1/sweeps/{name}/observations", json.dumps(told))


def definition(pool, name, budgets, seed, cap, **others):
    batches = [round(batch) for batch in pool.batches]
    parameters = {"learning_rate": {"min": pool.rates[0], "max": pool.rates[-1]}}
    if batches != [1]:
        parameters["batch_size_tokens"] = batches if len(batches) > 1 else batches[0]
    return {"name": name, "ask_tell": True, "parameters": parameters, "token_budgets": budgets, "run_cap": cap, "seed": seed,
            **others}


def replay(daemon, pool, prior, cap, seed):
    budgets = [budget for budget in pool.budgets if budget * 8 <= pool.target]
    name = f"exam-{prior.replace('_', '-')}-{cap}-{seed}"
    runs = played(daemon, pool, seed, definition(
        pool, name, budgets, seed, cap, target_token_budget=pool.target, law={"prior": prior}, parallel=SLOTS))
    cost = sum(run.budget for run in runs) / pool.target
    result = {"part": "replay", "pool": pool.name, "prior": prior, "cap": cap, "seed": seed, "cost": cost, "trials": len(runs),
              "smallest": sum(run.budget == budgets[0] for run in runs),
              "largest": sum(run.budget == budgets[-1] for run in runs),
              **baselines(pool, [run for run in runs if run.loss < math.inf])}
    try:
        answer = daemon.call("GET", f"/v1/sweeps/{name}/recommendation?token_budget={pool.target}")
        result |= judged(pool, answer)
    except ValueError as problem:
        result["problem"] = str(problem.args[0])
    best = min(played(daemon, pool, seed, definition(
        pool, name + "-tpe", [pool.target], seed, max(1, round(cost)), method="tpe", parallel=1)), key=lambda run: run.loss)
    for each in (name, name + "-tpe"):
        daemon.call("DELETE", f"/v1/sweeps/{each}")
    return {**result, "tpe": pool.truth.regret(best.rate, best.batch)}


def replays(tunerd, tasks, jobs):
    """All replays, --jobs daemons at a time."""
    own, daemons = threading.local(), []

    def start():
        own.daemon = Daemon(tunerd)
        daemons.append(own.daemon)

    try:
        with concurrent.futures.ThreadPoolExecutor(jobs, initializer=start) as workers:
            return list(workers.map(lambda task: replay(own.daemon, *task), tasks))
    finally:
        for daemon in daemons:
            daemon.end()


# What is printed


def groups(answers, *keys):
    found = collections.defaultdict(list)
    for answer in answers:
        found[tuple(answer[key] for key in keys)].append(answer)
    return found


def values(answers, key):
    """A column of the answers; what could not be answered is infinitely bad."""
    return [answer.get(key, math.inf) for answer in answers]


def judgements(answers, level, kind="smooth"):
    found = [answer["holds"][kind][level] for answer in answers if "holds" in answer]
    return [held for held in found if held is not None]


def shares(answers):
    found = [judgements(answers, level) for level in LEVELS]
    return [f"{sum(held)}/{len(held)}" if held else "-" for held in found]


def show(heading, rows):
    """A plain table: the first column to the left, the others to the right."""
    print()
    rows = [heading, *([f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(heading))]
    for row in rows:
        print("  ".join(cell.ljust(width) if k == 0 else cell.rjust(width) for k, (cell, width) in enumerate(zip(row, widths))))


def print_tables(answers):
    print("\ntable: fitted to every run of at most a fraction of the target; regrets in % of the best loss there")
    show(["POOL", "FRACTION", "PRIOR", "TUNERD", *map(str.upper, BASELINES), "RATE", "BEST", "BATCH", "BEST",
          *map(str.upper, LEVELS)], [
        [answer["pool"], f"1/{answer['fraction']}", answer["prior"], answer.get("regret", math.inf),
         *(answer[name] for name in BASELINES), *places(answer), *shares([answer])] for answer in answers])
    for (fraction, prior), rows in groups(answers, "fraction", "prior").items():
        total(f"1/{fraction}, {prior}", rows, BASELINES)


def places(answer):
    if "problem" in answer:
        return ["-"] * 4
    best = answer["best"]
    rate, batch = answer["learning_rate"]["value"], answer["batch_size_tokens"]["value"]
    return [f"{rate:.4g}" + "*" * answer["outside"], f"{best['learning_rate']:.4g}" if best["learning_rate"] else "edge",
            f"{batch:.0f}", f"{best['batch_size_tokens']:.0f}"]


def print_replays(answers):
    print("\nreplay: median regret over seeds in % of the best loss at the target (WORST of tunerd's); cost in target runs")
    names = [*BASELINES, "tpe"]
    show(["POOL", "PRIOR", "CAP", "TUNERD", "WORST", *map(str.upper, names), "COST", "TRIALS", "SMALLEST", "LARGEST", "OUT",
          *map(str.upper, LEVELS)], [
        [*key, middle(rows, "regret"), max(values(rows, "regret")), *(middle(rows, name) for name in [*names, "cost"]),
         *(f"{middle(rows, name):.0f}" for name in ("trials", "smallest", "largest")),
         sum(row.get("outside", 0) for row in rows), *shares(rows)]
        for key, rows in groups(answers, "pool", "prior", "cap").items()])
    for (prior, cap), rows in groups(answers, "prior", "cap").items():
        total(f"{prior}, {cap} runs", rows, names)


def middle(answers, key):
    return float(statistics.median(values(answers, key)))


def total(title, answers, names):
    """Medians over pools of each pool's median, and where tunerd is furthest behind reuse."""
    pools = groups(answers, "pool")
    medians = {name: statistics.median(middle(rows, name) for rows in pools.values()) for name in ["regret", *names]}
    behind, where = max((middle(rows, "regret") - middle(rows, "reuse"), pool) for (pool,), rows in pools.items())
    worst = max(answers, key=lambda answer: answer.get("regret", math.inf))
    better = sum(middle(rows, "regret") <= middle(rows, "reuse") for rows in pools.values())
    print(f"\n{title}: {len(pools)} pools, median {medians.pop('regret'):.2f} %; "
          + ", ".join(f"{name} {value:.2f} %" for name, value in medians.items()))
    seed = f", seed {worst['seed']}" if "seed" in worst else ""
    print(f"  not behind reuse in {better} of {len(pools)}; furthest behind it {behind:+.2f} points ({where}); "
          f"worst answer {worst.get('regret', math.inf):.2f} % ({worst['pool']}{seed})")
    for kind, of in (("smooth", "smoothed optimum"), ("grid", "best of the grid")):
        held = {level: judgements(answers, level, kind) for level in LEVELS}
        print(f"  intervals that hold the {of}: " + ", ".join(
            f"{level} %: {100 * sum(found) / len(found):.0f} % of {len(found)}" for level, found in held.items() if found))


def options():
    parser = argparse.ArgumentParser(usage=__doc__[__doc__.index("exam.py TUNERD"):].split("\n\n")[0])
    several = lambda kind: lambda text: [kind(part) for part in text.split(",")]
    parser.add_argument("tunerd")
    parser.add_argument("--pool", nargs="+", default=sorted(glob.glob(os.path.join(ROOT, "exam/pools/*.csv"))))
    parser.add_argument("--mode", choices=["table", "replay", "both"], default="both")
    parser.add_argument("--fractions", type=several(int), default=[8])
    parser.add_argument("--caps", type=several(int), default=[20, 40])
    parser.add_argument("--priors", type=several(str), default=["none", "lmo"])
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--noise", type=float)
    parser.add_argument("--json")
    return parser.parse_args()


def main():
    chosen = options()
    sys.stdout.reconfigure(line_buffering=True)
    pools = [Pool(path, chosen.noise) for path in chosen.pool]
    show(["POOL", "RUNS", "BUDGETS", "BATCHES", "RATES", "TARGET", "NOISE %"], [
        [pool.name, *map(len, (pool.runs, pool.budgets, pool.batches, pool.rates)), pool.target, 100 * pool.noise]
        for pool in pools])
    answers = []
    if chosen.mode != "replay":
        answers += [table(chosen.tunerd, pool, prior, fraction)
                    for fraction in chosen.fractions for pool in pools for prior in chosen.priors]
        print_tables(answers)
    if chosen.mode != "table":
        tasks = list(itertools.product(pools, chosen.priors, chosen.caps, range(chosen.seeds)))
        replayed = replays(chosen.tunerd, tasks, chosen.jobs)
        print_replays(replayed)
        answers += replayed
    for answer in answers:
        if "problem" in answer:
            print(f"no answer: {answer['pool']}, {answer['prior']}: {answer['problem']}")
    if chosen.json:
        with open(chosen.json, "w") as file:
            json.dump(answers, file, indent=1)


if __name__ == "__main__":
    main()
