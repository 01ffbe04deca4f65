#!/usr/bin/env python3
"""Compares the program's samplers with Optuna's of the same name, on five functions, with the same seeds.

Prints the median over seeds of the best value (for zdt1: of the hypervolume) after the trials, side by side. The
program is driven through 'tunerd bench-sampler NAME'; the objective is computed here for both, without numpy.

usage: bench-samplers.py TUNERD [--trials 50] [--seeds 10] [--first-seed 0] [--samplers tpe,gp] [--without-optuna]
       [--json FILE] [--ask-speed]

Optuna comes from the package index: 'make bench-samplers' installs it, with torch for its GP, into a scratch
environment.
"""
import argparse
import json
import math
import statistics
import subprocess
import sys
import time


def branin(p):
    x, y = p["x0"], p["x1"]
    b, c, r, s, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 6, 10, 1 / (8 * math.pi)
    return [(y - b * x * x + c * x - r) ** 2 + s * (1 - t) * math.cos(x) + s]


HARTMANN = [
    (1.0, [10, 3, 17, 3.5, 1.7, 8], [1312, 1696, 5569, 124, 8283, 5886]),
    (1.2, [0.05, 10, 17, 0.1, 8, 14], [2329, 4135, 8307, 3736, 1004, 9991]),
    (3.0, [3, 3.5, 1.7, 10, 17, 8], [2348, 1451, 3522, 2883, 3047, 6650]),
    (3.2, [17, 8, 0.05, 10, 0.1, 14], [4047, 8828, 8732, 5743, 1091, 381]),
]


def hartmann6(p):
    x = [p[f"x{i}"] for i in range(6)]
    return [-sum(weight * math.exp(-sum(a * (v - 1e-4 * c) ** 2 for a, v, c in zip(scale, x, centre)))
                 for weight, scale, centre in HARTMANN)]


def rosenbrock5(p):
    x = [p[f"x{i}"] for i in range(5)]
    return [sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))]


def zdt1(p):
    x = [p[f"x{i}"] for i in range(5)]
    g = 1 + 9 * sum(x[1:]) / 4
    return [x[0], g * (1 - math.sqrt(x[0] / g))]


def stream(p, modes=256, budget=4096):
    """Exact risk of one-pass least squares with a power-law spectrum; infinite where the step size diverges."""
    rate, batch = p["learning_rate"], p["batch_size"]
    spectrum = [i**-1.5 for i in range(1, modes + 1)]
    moments = [i**-0.8 for i in range(1, modes + 1)]
    decay = [1 - 2 * rate * l + rate * rate * l * l * (1 + 1 / batch) for l in spectrum]
    spread = [rate * rate * l / batch for l in spectrum]
    risk = sum(l * m for l, m in zip(spectrum, moments))
    for _ in range(math.ceil(budget / batch)):
        moments = [m * d + s * (risk + 1) for m, d, s in zip(moments, decay, spread)]
        risk = sum(l * m for l, m in zip(spectrum, moments))
        if not risk < 1e9:
            return [math.inf]
    return [risk]


def box(count, low, high):
    return [{"name": f"x{i}", "type": "float", "low": low, "high": high, "log": False} for i in range(count)]


REFERENCE = (1.1, 10.0)
PROBLEMS = {
    "branin": (branin, [dict(box(1, -5, 10)[0]), dict(box(2, 0, 15)[1])], ["value"]),
    "hartmann6": (hartmann6, box(6, 0, 1), ["value"]),
    "rosenbrock5": (rosenbrock5, box(5, -5, 10), ["value"]),
    "zdt1": (zdt1, box(5, 0, 1), ["f1", "f2"]),
    "stream": (stream, [
        {"name": "learning_rate", "type": "float", "low": 1e-4, "high": 10.0, "log": True},
        {"name": "batch_size", "type": "int", "low": 4, "high": 512, "log": True}], ["risk"]),
}
OPTUNA = {"random": "RandomSampler", "sobol": "QMCSampler", "halton": "QMCSampler", "tpe": "TPESampler",
          "gp": "GPSampler", "cmaes": "CmaEsSampler", "nsga2": "NSGAIISampler"}


def hypervolume(points):
    """Area dominated within REFERENCE."""
    area, ceiling = 0.0, REFERENCE[1]
    for a, b in sorted(points):
        if a < REFERENCE[0] and b < ceiling:
            area += (REFERENCE[0] - a) * (ceiling - b)
            ceiling = b
    return area


def score(told):
    if len(told[0]) == 2:
        return hypervolume(told)
    return min(values[0] for values in told)


class Program:
    """A 'tunerd bench-sampler' process."""

    def __init__(self, tunerd, name, space, objectives, seed, trials):
        self.process = subprocess.Popen([tunerd, "bench-sampler", name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        self.call({"op": "init", "space": space, "objectives": objectives, "seed": seed, "n": trials})

    def call(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply

    def close(self):
        self.call({"op": "quit"})
        self.process.stdin.close()
        self.process.wait(timeout=10)


def run_program(tunerd, name, problem, seed, trials):
    function, space, objectives = PROBLEMS[problem]
    sampler = Program(tunerd, name, space, objectives, seed, trials)
    told = []
    for _ in range(trials):
        trial = sampler.call({"op": "ask"})
        told.append(function(trial["params"]))
        sampler.call({"op": "tell", "id": trial["id"], "values": told[-1], "cost": 1.0})
    sampler.close()
    return score(told)


def run_optuna(name, problem, seed, trials):
    import warnings

    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    function, space, objectives = PROBLEMS[problem]
    options = {"qmc_type": name, "scramble": True} if name in ("sobol", "halton") else {}
    sampler = getattr(optuna.samplers, OPTUNA[name])(seed=seed, **options)
    study = optuna.create_study(directions=["minimize"] * len(objectives), sampler=sampler)
    told = []

    def objective(trial):
        params = {}
        for axis in space:
            suggest = trial.suggest_float if axis["type"] == "float" else trial.suggest_int
            params[axis["name"]] = suggest(axis["name"], axis["low"], axis["high"], log=axis["log"])
        told.append(function(params))
        return tuple(told[-1]) if len(objectives) > 1 else told[-1][0]

    study.optimize(objective, n_trials=trials)
    return score(told)


def ask_speed(tunerd):
    """Milliseconds of an ask and its tell, the pipe included, near n = 1,000 and n = 10,000."""
    print(f"\n{'ASK+TELL, ms':<14}{'n=1,000':>10}{'n=10,000':>10}")
    for name in ("random", "sobol", "tpe", "cmaes"):
        sampler = Program(tunerd, name, box(6, 0, 1), ["value"], 0, 10_000)
        medians, spent = {}, []
        for number in range(10_000):
            began = time.perf_counter()
            trial = sampler.call({"op": "ask"})
            value = hartmann6(trial["params"])
            sampler.call({"op": "tell", "id": trial["id"], "values": value, "cost": 1.0})
            spent.append(time.perf_counter() - began)
            if number + 1 in (1_000, 10_000):
                medians[number + 1] = 1000 * statistics.median(spent[-500:])
        sampler.close()
        print(f"{name:<14}{medians[1_000]:>10.3f}{medians[10_000]:>10.3f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tunerd")
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--samplers", default="random,sobol,halton,tpe,gp,cmaes,nsga2,pareto_cost")
    parser.add_argument("--problems", default=",".join(PROBLEMS))
    parser.add_argument("--without-optuna", action="store_true")
    parser.add_argument("--only-optuna", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--ask-speed", action="store_true")
    options = parser.parse_args()
    problems = options.problems.split(",")
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    found = {}
    print(f"medians over {len(seeds)} seeds after {options.trials} trials; zdt1: hypervolume, larger is better\n")
    print(f"{'SAMPLER':<12}{'OF':<8}" + "".join(f"{name:>13}" for name in problems) + "   NOT WORSE")
    for name in options.samplers.split(","):
        rows = {}
        for owner in ("tunerd", "optuna"):
            if owner == "optuna" and (options.without_optuna or name not in OPTUNA):
                continue
            if owner == "tunerd" and options.only_optuna:
                continue
            row = {}
            for problem in problems:
                if name == "cmaes" and owner == "optuna" and problem == "zdt1":
                    continue
                run = (lambda seed: run_program(options.tunerd, name, problem, seed, options.trials)) \
                    if owner == "tunerd" else (lambda seed: run_optuna(name, problem, seed, options.trials))
                row[problem] = [run(seed) for seed in seeds]
            rows[owner] = {problem: statistics.median(values) for problem, values in row.items()}
            found[f"{name} {owner}"] = row
            cells = "".join(f"{rows[owner][p]:>13.6g}" if p in rows[owner] else f"{'-':>13}" for p in problems)
            won = ""
            if len(rows) == 2:
                ours, theirs = rows["tunerd"], rows["optuna"]
                better = [ours[p] >= theirs[p] if p == "zdt1" else ours[p] <= theirs[p] for p in theirs]
                won = f"{sum(better)} of {len(better)}"
            print(f"{name:<12}{owner:<8}{cells}   {won}", flush=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(found, file)
    if options.ask_speed:
        ask_speed(options.tunerd)


if __name__ == "__main__":
    sys.exit(main())
