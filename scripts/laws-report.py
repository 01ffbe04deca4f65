#!/usr/bin/env python3
"""Prints what `tunerd fit --table` reaches on public sweeps, beside what known methods reach.

Every number of this project comes from the program as a stranger would call it; the scorer is `sweepmetric.py`. The
figures of known methods are those of EXPECTED.md in the data folder. A set whose files are missing is left out.

usage: laws-report.py TUNERD [DATA_FOLDER [SET]]        default: shared/data beside the repository, every set
"""
import csv
import json
import math
import os
import random
import re
import resource
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from sweepmetric import Cell, mean, quantile  # noqa: E402

COLUMNS = ["--group", "cell", "--column", "model_size=N", "--column", "token_budget=D", "--column", "learning_rate=lr",
           "--column", "validation_loss=loss"]
BATCH = ["--column", "batch_size_tokens=batch_tokens"]
REPEATS = 25


def fit(table, *arguments):
    return ask(table, *COLUMNS, *arguments)


def ask(table, *arguments):
    command = [TUNERD, "fit", "--table", table, *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def value(prediction, name):
    return prediction["hyperparameters"][name]["value"]


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def write(rows, path):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def by_cell(rows):
    cells = {}
    for row in rows:
        cells.setdefault(row["cell"], []).append(row)
    return cells


def measured(rows):
    return Cell([(float(r["lr"]), float(r["batch_tokens"]), float(r["loss"])) for r in rows if r["loss"]])


def expected_tables(folder, section):
    """The rows of the Markdown tables under a heading of EXPECTED.md: one list of cells each."""
    with open(os.path.join(folder, "EXPECTED.md")) as file:
        parts = re.split(r"^## ", file.read(), flags=re.M)
    text = next((part for part in parts if part.startswith(section)), "")
    tables = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            tables[-1].append([cell.strip() for cell in line.strip()[1:-1].split("|")])
        elif tables[-1]:
            tables.append([])
    return [table for table in tables if table]


def show(title, header, rows):
    rows = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) if i < len(row) else 0 for row in rows) for i in range(len(header))]
    print(f"\n{title}\n")
    for row in rows:
        cells = [row[i].ljust(widths[i]) if i == 0 else row[i].rjust(widths[i]) for i in range(len(row))]
        print("  " + "  ".join(cells).rstrip())


def row_of(name, scores):
    return [name, f"{mean(s['regret'] for s in scores):.4f}", f"{max(s['regret'] for s in scores):.4f}",
            f"{100 * mean(s['relative'] for s in scores):.3f}", f"{mean(s['rate'] for s in scores):.2f}",
            f"{mean(s['batch'] for s in scores):.2f}", f"{sum(s['near'] for s in scores)}/{len(scores)}"]


# Step Law: learning rate and batch size of six larger cells


def transfer(rows, train, prior, scratch):
    """Scores in the test cells of a law over the rows that `train` keeps."""
    kept = [row for row in rows if row["split"] == "test" or train(row)]
    answer = fit(write(kept, os.path.join(scratch, "transfer.csv")), *BATCH, "--where", "split=train",
                 "--predict-cells", "split=test", "--prior", prior)
    cells = by_cell([row for row in rows if row["split"] == "test"])
    scores = []
    for prediction in answer["predictions"]:
        cell = measured(cells[prediction["cell"]])
        rate, batch = value(prediction, "learning_rate"), value(prediction, "batch_size_tokens")
        scores.append(cell.score(rate, batch))
        difference = abs(prediction["measured"]["regret"] - scores[-1]["regret"])
        assert difference < 1e-6, f"the program's own regret differs by {difference}"
    return scores


def small(row):
    return 6 * float(row["N"]) * float(row["D"]) < 3e19


def steplaw(folder, scratch):
    rows = read(os.path.join(folder, "steplaw_dense.csv"))
    known = expected_tables(folder, "steplaw_dense.csv")
    ours = [row_of(f"tunerd, prior {prior}", transfer(rows, lambda row: True, prior, scratch))
            for prior in ("lmo", "none")]
    show("steplaw_dense: 11 train cells, 6 test cells", known[0][0], known[0][2:] + ours)
    harder = [row_of(f"tunerd, prior {prior}", transfer(rows, small, prior, scratch)) for prior in ("lmo", "none")]
    show("steplaw_dense S4: 6 train cells below 3e19 FLOP, the same test cells (EXPECTED: surface 0.0023, others "
         "0.0044-0.0060, constant 0.0162; pass 0.0030)", known[0][0], harder)
    efficiency(rows, known[1], scratch)
    losses(rows, scratch)
    exponents(rows, scratch)


def efficiency(rows, known, scratch):
    """k random runs of each train cell out of those within 5 % of its best."""
    cells = by_cell([row for row in rows if row["split"] == "train"])
    near = {}
    for name, runs in cells.items():
        best = min(float(run["loss"]) for run in runs)
        near[name] = [run for run in runs if float(run["loss"]) <= 1.05 * best]
    ours = {}
    for k in (3, 10, 30):
        for prior in ("lmo", "none"):
            # The same runs for every prior.
            source = random.Random(1000 * k)
            means = []
            for _ in range(REPEATS):
                chosen = {id(run) for runs in near.values() for run in source.sample(runs, min(k, len(runs)))}
                means.append(mean(s["regret"] for s in transfer(rows, lambda row: id(row) in chosen, prior, scratch)))
            ours[k, prior] = f"{mean(means):.4f} ({quantile(means, 0.9):.4f})"
    table = [row + [ours.get((int(row[0]), prior), "") for prior in ("lmo", "none")] for row in known[2:]
             if row[0].isdigit()]
    show(f"steplaw_dense: mean test regret (90 % point) from k runs a cell, {REPEATS} draws",
         known[0] + ["tunerd, lmo", "tunerd, none"], table)


def losses(rows, scratch):
    """The loss of test runs within 5 % of their cell's best, at their own hyperparameters."""
    asked = []
    for runs in by_cell([row for row in rows if row["split"] == "test" and row["loss"]]).values():
        best = min(float(run["loss"]) for run in runs)
        asked += [run for run in runs if float(run["loss"]) <= 1.05 * best]
    questions = [argument for run in asked for argument in (
        "--predict", f"model_size={run['N']},token_budget={run['D']},learning_rate={run['lr']},"
                     f"batch_size_tokens={run['batch_tokens']}")]
    answer = fit(write(rows, os.path.join(scratch, "losses.csv")), *BATCH, "--where", "split=train", *questions)
    found = [p["predicted"]["validation_loss"]["value"] for p in answer["predictions"]]
    true = [float(run["loss"]) for run in asked]
    off = [a - b for a, b in zip(found, true)]
    rmse = math.sqrt(mean(e * e for e in off))
    spread = mean((t - mean(true)) ** 2 for t in true)
    show("steplaw_dense: predicted loss of test runs within 5 % of their cell's best",
         ["method", "runs", "RMSE", "bias", "R^2"],
         [["surface with a Chinchilla floor (EXPECTED.md)", 564, 0.0195, -0.011, 0.92],
          ["tunerd, prior lmo", len(asked), f"{rmse:.4f}", f"{mean(off):.4f}", f"{1 - rmse * rmse / spread:.3f}"]])


def exponents(rows, scratch):
    law = fit(write(rows, os.path.join(scratch, "all.csv")), *BATCH)["law"]
    table = []
    for axis in law["axes"]:
        for variable, estimate in axis["exponents"].items():
            low, high = estimate["interval"]
            table.append([f"{axis['axis']} in {variable}", f"{estimate['value']:.3f}", f"[{low:.3f}, {high:.3f}]"])
    show("steplaw_dense: exponents over all 17 cells, learning rate at fixed batch (EXPECTED, fixed batch: "
         "N -0.72 [-0.80, -0.64], D +0.09 [0.03, 0.15], B +0.21 [0.16, 0.25]; batch D +0.61 [0.52, 0.73])",
         ["exponent", "value", "80 % interval"], table)


# Adam family: learning rate of larger models, optimizer by optimizer

MARIN_TRAIN = {"130m_1x", "130m_2x", "130m_4x", "130m_8x", "300m_1x", "520m_1x"}
MARIN_EXPECTED = [  # EXPECTED.md, marin_adam_family.csv, "lr transfer"
    ["constant lr", "0.0293", "", ""], ["copy from the largest train model", "0.0027", "", ""],
    ["OLS argmin, own slopes", "0.0054", "", ""], ["smoothed, own slopes", "0.0023", "0.0165", ""],
    ["smoothed, pooled slopes", "0.0040", "", "0.39-0.48"]]


def marin_lines(rows):
    """For each cell its centre and the runs that differ from it in the learning rate alone."""
    def setting(row):
        extra = dict(part.split("=", 1) for part in row["extra"].split(";") if "=" in part)
        keys = ("epsilon", "max_grad_norm", "nesterov", "gamma")
        return extra["centre"], tuple(row[k] for k in ("batch_tokens", "momentum", "beta2", "wd", "warmup_steps")) \
            + tuple(extra.get(k) for k in keys)
    lines = {}
    for name, runs in by_cell(rows).items():
        centre = next(setting(run)[1] for run in runs if setting(run)[0] == "1")
        lines[name] = [run for run in runs if setting(run)[1] == centre and run["loss"]]
    return lines


def smoothed(line):
    """Bottom of the parabola through the best point of a line and its neighbours, in octaves; else the best point."""
    _, xs, losses = measured(line).rows[0]
    best = losses.index(min(losses))
    if not 0 < best < len(xs) - 1:
        return xs[best]
    (a, b, c), (la, lb, lc) = xs[best - 1:best + 2], losses[best - 1:best + 2]
    return b - ((b - a) ** 2 * (lb - lc) - (b - c) ** 2 * (lb - la)) / (2 * ((b - a) * (lb - lc) - (b - c) * (lb - la)))


def marin(folder, scratch):
    lines = marin_lines(read(os.path.join(folder, "marin_adam_family.csv")))
    rates = {name: len({run["lr"] for run in line}) for name, line in lines.items()}
    train = [n for n in lines if n.split("_", 1)[1] in MARIN_TRAIN and rates[n] >= 3]
    test = [n for n in lines if n not in train and rates[n] >= 2]

    def scored(name, choose):
        regrets, distances, outside = [], [], 0
        for cell in test:
            x = choose(cell)
            known = measured(lines[cell])
            regrets.append(known.regret(2 ** x, 1))
            distances.append(abs(x - min(known.points, key=lambda p: p[2])[0]))
            outside += known.clamped(2 ** x, known_batch(cell))
        return [name, f"{mean(regrets):.4f}", f"{max(regrets):.4f}", f"{mean(distances):.2f}", outside]

    def known_batch(cell):
        return float(lines[cell][0]["batch_tokens"])

    def siblings(cell):
        return [n for n in train if lines[n][0]["optimizer"] == lines[cell][0]["optimizer"]]

    def copied(cell):
        largest = max(siblings(cell), key=lambda n: float(lines[n][0]["N"]))
        return min(measured(lines[largest]).points, key=lambda p: p[2])[0]

    rows = []
    for name, line in lines.items():
        if name in train or name in test:
            rows += [dict(run, split="train" if name in train else "test") for run in line]
    table = write(rows, os.path.join(scratch, "marin.csv"))
    ours = []
    for title, extra in [("tunerd, batch held", BATCH), ("tunerd, batch not given", [])]:
        for prior in ("lmo", "none"):
            answer = fit(table, *extra, "--column", "optimizer=optimizer", "--where", "split=train",
                         "--predict-cells", "split=test", "--prior", prior)
            found = {p["cell"]: math.log2(value(p, "learning_rate")) for p in answer["predictions"]}
            ours.append(scored(f"{title}, prior {prior}", lambda cell: found[cell]))
    proof = [scored("constant lr, by this scorer", lambda cell: mean(smoothed(lines[n]) for n in siblings(cell))),
             scored("copy from the largest, by this scorer", copied)]
    show(f"marin_adam_family: learning rate of {len(test)} cells from {len(train)} fully swept ones, optimizers apart",
         ["method", "mean regret", "max", "abs d log2 lr", "clamped"], MARIN_EXPECTED + proof + ours)


# Loss laws: model size, tokens and compute

SIZES = ["--loss-law", "chinchilla", "--column", "model_size=N", "--column", "token_budget=D", "--column",
         "validation_loss=loss"]


def cpu_seconds():
    """User and system time of every program this script has waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def interval(estimate, digits=4):
    low, high = estimate["interval_95"]
    return f"[{low:.{digits}g}, {high:.{digits}g}]"


CHINCHILLA = {  # EXPECTED.md: exact optimum, 95 % interval of 4,000 resamples, standard error
    "E": (1.817218, "[1.769, 1.871]", 0.0257), "A": (477.826, "[285.2, 743.6]", 124.5),
    "alpha": (0.347311, "[0.3168, 0.3733]", 0.0154), "B": (2143.417, "[1042, 5810]", 1293),
    "beta": (0.367172, "[0.3313, 0.4154]", 0.0206), "beta/(alpha+beta)": (0.516, "[0.481, 0.556]", "")}


def chinchilla(folder, scratch):
    table = os.path.join(folder, "chinchilla_epoch.csv")
    before = cpu_seconds()
    plain = ask(table, *SIZES, "--where", "split=fit", "--bootstrap", "0")
    alone = cpu_seconds() - before
    answers = [ask(table, *SIZES, "--where", "split=fit", "--bootstrap", "4000", "--seed", seed,
                   "--predict", "compute=5.76e23") for seed in ("0", "1")]
    resampled = (cpu_seconds() - before - alone) / len(answers)
    found = [{**a["parameters"], "beta/(alpha+beta)": a["model_size_exponent"]} for a in answers]
    rows = [[name, expected[0], f"{found[0][name]['value']:.6g}", expected[1], interval(found[0][name]),
             interval(found[1][name]), expected[2], f"{found[0][name]['standard_error']:.3g}"]
            for name, expected in CHINCHILLA.items()]
    show(f"chinchilla_epoch: 240 rows, objective {plain['objective']:.8g} (exact optimum 0.00101827400, pass 0.0010183); "
         f"program {alone:.2f} CPU s, with 4,000 resamples {resampled:.2f} CPU s",
         ["coefficient", "expected", "tunerd", "expected 95 %", "tunerd, seed 0", "seed 1", "expected SE", "SE"], rows)
    split = answers[0]["allocations"][0]
    show("chinchilla_epoch: best split of 5.76e23 FLOP", ["quantity", "value", "95 % interval"],
         [[name, f"{split[name]['value']:.4g}", interval(split[name], 3)]
          for name in ("model_size", "tokens", "tokens_per_parameter")])


def held_out(rows, name, scratch):
    """A row of a table: in-sample and held-out errors of a law over the train rows, and what it warns of."""
    path = write(rows, os.path.join(scratch, "losses.csv"))
    before = cpu_seconds()
    answer = ask(path, *SIZES, "--where", "split=train", "--predict-cells", "split=test")
    seconds = cpu_seconds() - before
    power = ask(path, *SIZES, "--form", "compute", "--where", "split=train", "--predict-cells", "split=test",
                "--bootstrap", "0")
    score = answer["measured"]
    told = [w["code"] for w in answer["warnings"] if w["code"] in ("poor-fit", "structured-residuals", "not-identified")]
    return [name, answer["table"]["rows_used"], score["runs"], f"{100 * answer['quality']['mean_relative_error']:.2f}",
            f"{100 * score['mean_relative_error']:.2f}", f"{100 * power['measured']['mean_relative_error']:.2f}",
            f"{score['within_80']:.2f}", f"{score['within_95']:.2f}", f"{seconds:.2f}",
            ",".join(sorted(set(told)))]


HELD_OUT = ["set", "train", "test", "in-sample %", "test %", "C-power %", "in 80 %", "in 95 %", "CPU s", "warnings"]


def gadre(folder, scratch):
    cells = by_cell(read(os.path.join(folder, "gadre_overtrain.csv")))
    show("gadre_overtrain (EXPECTED test: c4 1.9 %, rpj 0.9 %, rw 1.1 %; C-power 6.3-8.1 %)", HELD_OUT,
         [held_out(rows, name, scratch) for name, rows in cells.items()])


def porian(folder, scratch):
    cells = by_cell(read(os.path.join(folder, "porian_isoflop.csv")))
    show("porian_isoflop (EXPECTED test: Chinchilla-style decay 2.5 % owt2, 2.9 % rw; others 2-13 %, in-sample 2-6 %, which "
         "a fitter should say)", HELD_OUT,
         [held_out(rows, name, scratch) for name, rows in sorted(cells.items())])


def isoflops(folder, scratch):
    rows = [row for row in read(os.path.join(folder, "isoflops_open.csv")) if "outlier=1" not in row["extra"]]
    show("isoflops_open, flagged outliers dropped (EXPECTED: test 0.47 %, C-power 1.4 %)", HELD_OUT,
         [held_out(rows, "llama 3", scratch)])
    answer = ask(write(rows, os.path.join(scratch, "isoflops.csv")), *SIZES)
    show("isoflops_open: all rows (EXPECTED: E 0.611, alpha 0.314, beta 0.325)",
         ["coefficient", "value", "95 % interval"],
         [[name, f"{answer['parameters'][name]['value']:.4g}", interval(answer["parameters"][name])]
          for name in ("E", "alpha", "beta")])


# Critical batch size: steps to a target loss


def zhang(folder, scratch):
    table = os.path.join(folder, "zhang_cbs.csv")
    columns = ["--loss-law", "critical-batch", "--column", "model_size=N", "--column", "batch_size_tokens=batch_seqs",
               "--column", "steps=steps"]
    known = [2235, 3303, 5433, 7907, 11140]
    everything = ask(table, *columns)
    show("zhang_cbs: b/a in sequences of 512 tokens", ["model", "EXPECTED", "tunerd", "95 % interval"],
         [[f"{scale['scale'] / 1e6:.0f}M", expected, f"{scale['critical_batch']['value']:.0f}",
           interval(scale["critical_batch"])] for scale, expected in zip(everything["scales"], known)])
    exponent = everything["exponent"]
    rows = [["EXPECTED, separate fits", "0.61 [0.52, 0.70]", 12738, "", "14 %"]]
    for title, prior in (("tunerd, prior lmo", "lmo"), ("tunerd, prior none", "none")):
        answer = ask(table, *columns, "--where", "split=train", "--predict", "model_size=1.2e9", "--prior", prior)
        found = answer["predictions"][0]["critical_batch"]
        whole = exponent if prior == "lmo" else ask(table, *columns, "--prior", prior)["exponent"]
        rows.append([title, f"{whole['value']:.2f} {interval(whole, 2)}", f"{found['value']:.0f}", interval(found),
                     f"{100 * (found['value'] / 11140 - 1):.0f} %"])
    show("zhang_cbs: exponent over all five models, and 1.2B from the four smaller ones (measured 11,140; the route with "
         "the prior was chosen among about 25 with this value known)",
         ["method", "exponent, 95 %", "1.2B", "95 % interval", "off"], rows)


def main():
    global TUNERD
    if len(sys.argv) not in (2, 3, 4):
        sys.exit(__doc__)
    TUNERD = os.path.abspath(sys.argv[1])
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    only = sys.argv[3] if len(sys.argv) == 4 else ""
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.join(root, "..", "shared", "data")
    with tempfile.TemporaryDirectory() as scratch:
        for name, report in [("steplaw_dense.csv", steplaw), ("marin_adam_family.csv", marin),
                             ("chinchilla_epoch.csv", chinchilla), ("gadre_overtrain.csv", gadre),
                             ("porian_isoflop.csv", porian), ("isoflops_open.csv", isoflops),
                             ("zhang_cbs.csv", zhang)]:
            if only not in name:
                continue
            if os.path.exists(os.path.join(folder, name)):
                report(folder, scratch)
            else:
                print(f"\n{name}: not in {folder}, left out")


if __name__ == "__main__":
    main()
