#!/usr/bin/env python3
"""Prints what `tunerd fit --table` reaches on public sweeps, beside what known methods reach.

Every number of this project comes from the program as a stranger would call it; the scorer is `sweepmetric.py`. The
figures of known methods are those of EXPECTED.md in the data folder. A set whose files are missing is left out.

usage: laws-report.py TUNERD [DATA_FOLDER]        default: shared/data beside the repository
"""
import csv
import json
import math
import os
import random
import re
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
    command = [TUNERD, "fit", "--table", table, *COLUMNS, *arguments, "--json"]
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


def main():
    global TUNERD
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    TUNERD = os.path.abspath(sys.argv[1])
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folder = sys.argv[2] if len(sys.argv) == 3 else os.path.join(root, "..", "shared", "data")
    with tempfile.TemporaryDirectory() as scratch:
        # Sets to come (loss laws, critical batch) are one more line here.
        for name, report in [("steplaw_dense.csv", steplaw), ("marin_adam_family.csv", marin)]:
            if os.path.exists(os.path.join(folder, name)):
                report(folder, scratch)
            else:
                print(f"\n{name}: not in {folder}, left out")


if __name__ == "__main__":
    main()
