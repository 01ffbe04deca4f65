#!/usr/bin/env python3
"""The built-in engine and PyTorch in turn on the same models: milliseconds of a training step (docs/performance.md).

    scripts/bench-models.py [ENGINE_BENCH] [--rounds 5] [--seconds 3] [--models char-gpt,mlp] [--python PYTHON]

ENGINE_BENCH is .build/release/engine-bench. Both sides train with AdamW (PyTorch: eager, fused) on one thread, with data
from the same files, drawing the batch included. Each round runs every model on both, in an order that changes; a
figure is the median over the steps of a run, a ratio is PyTorch over engine within a round, and the table has the
median of the rounds with the least and the greatest. Processor time suffers less from other programs than wall time;
both are printed.

PyTorch is taken from PYTHON, or installed once into .build/torch with pip (a CPU build where pip finds one).
"""
import argparse
import json
import os
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def gpt_flops(width, depth, length, sequences, vocabulary=65):
    """Multiplications and additions of a step: the linear maps, and attention at and below the diagonal."""
    tokens = length * sequences
    linear = 6 * (12 * depth * width**2 + vocabulary * width)
    return tokens * (linear + 6 * depth * (length + 1) * width)


def models(folder):
    images = [f"path={folder}/images.idx", f"labels_path={folder}/labels.idx"]
    gpt = [f"path={folder}/text.txt"]
    return {  # name: (workload, tokens of a batch, options, GFLOP of a step)
        "char-gpt": ("char-gpt", 768, gpt + ["width=128", "depth=4", "heads=4", "sequence_length=64"],
                     gpt_flops(128, 4, 64, 12)),
        "char-gpt-wide": ("char-gpt", 2048, gpt + ["width=384", "depth=6", "heads=6", "sequence_length=256"],
                          gpt_flops(384, 6, 256, 8)),
        "mlp": ("mlp", 128, images + ["width=256", "depth=1"], 128 * (4 * 784 * 256 + 6 * 256 * 10)),
        "cnn": ("cnn", 64, images + ["filters=16"],
                64 * (4 * 784 * 9 * 16 + 6 * 196 * 144 * 32 + 6 * 32 * 49 * 10)),
        "logistic": ("logistic-regression", logistic_rows(folder), [f"path={folder}/logistic.txt"], None),
    }


def logistic_rows(folder):
    """The training part of the file: a tenth is kept for validation."""
    rows = sum(1 for _ in open(folder + "/logistic.txt"))
    return rows - max(1, rows // 10)


def write_data(folder, logistic):
    """Random words of 65 symbols, random images, and a9a or a random table of its size and sparsity."""
    generator = random.Random(1)
    symbols = [chr(c) for c in range(48, 112)]
    words = ["".join(generator.choices(symbols, k=generator.randint(1, 8))) for _ in range(800)]
    with open(folder + "/text.txt", "w") as file:
        file.write(" ".join(generator.choices(words, k=180_000)))
    with open(folder + "/images.idx", "wb") as file:
        file.write(struct.pack(">IIII", 0x803, 12_000, 28, 28) + generator.randbytes(12_000 * 784))
    with open(folder + "/labels.idx", "wb") as file:
        file.write(struct.pack(">II", 0x801, 12_000) + bytes(generator.randrange(10) for _ in range(12_000)))
    if logistic:
        os.symlink(os.path.abspath(logistic), folder + "/logistic.txt")
        return
    with open(folder + "/logistic.txt", "w") as file:
        for _ in range(32_561):
            columns = sorted(generator.sample(range(1, 124), 14))
            file.write(generator.choice("+-") + "1 " + " ".join(f"{c}:1" for c in columns) + "\n")


def torch_python(given):
    """A Python that has PyTorch, or None."""
    own = os.path.join(ROOT, ".build/torch/bin/python")
    for python in [given] if given else [sys.executable, own]:
        if shutil.which(python) and subprocess.run([python, "-c", "import torch"], capture_output=True).returncode == 0:
            return python
    if given:
        return None
    print("installing PyTorch into .build/torch", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", os.path.join(ROOT, ".build/torch")], check=True)
    for wanted in ("torch==2.13.0+cpu", "torch"):
        if subprocess.run([own, "-m", "pip", "install", "--quiet", wanted, "numpy"], capture_output=True).returncode == 0:
            return own
    return None


def run(command):
    done = subprocess.run(command, env=ONE_THREAD, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("engine", nargs="?", default=os.path.join(ROOT, ".build/release/engine-bench"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", default="3")
    parser.add_argument("--models")
    parser.add_argument("--python")
    parser.add_argument("--logistic", help="LIBSVM file instead of a random table of a9a's shape")
    given = parser.parse_args()
    python = torch_python(given.python)
    if python is None:
        print("no PyTorch here and none to be had: the engine alone is timed")
    with tempfile.TemporaryDirectory() as folder:
        write_data(folder, given.logistic)
        chosen = {name: value for name, value in models(folder).items()
                  if not given.models or name in given.models.split(",")}
        engine = {name: [] for name in chosen}
        torch = {name: [] for name in chosen}
        for number in range(given.rounds):
            for name, (workload, batch, options, _) in chosen.items():
                def ours():
                    engine[name].append(run([given.engine, workload, str(batch), given.seconds, *options]))

                def theirs():
                    if python:
                        script = os.path.join(ROOT, "scripts/torch-bench.py")
                        torch[name].append(run([python, script, name, given.seconds, folder]))

                for side in (ours, theirs) if number % 2 == 0 else (theirs, ours):
                    side()
        report(chosen, engine, torch)


def report(chosen, engine, torch):
    print(f"{'MODEL':<14}  {'TIME':<9}  {'ENGINE MS':>10}  {'PYTORCH MS':>10}  {'RATIO':>6}  {'LEAST-GREATEST':>14}  "
          f"{'SGEMM SHARE':>11}")
    for name, (_, _, _, flops) in chosen.items():
        for key, label in (("cpu_ms", "processor"), ("median_ms", "wall")):
            own = [r[key] for r in engine[name]]
            other = [r[key] for r in torch[name]]
            ratios = sorted(b / a for a, b in zip(own, other))
            share = [flops / r[key] / 1e6 / r["sgemm_gflops"] for r in engine[name]] if flops else []
            print(f"{name:<14}  {label:<9}  {statistics.median(own):>10.3f}  "
                  f"{statistics.median(other) if other else float('nan'):>10.3f}  "
                  f"{statistics.median(ratios) if ratios else float('nan'):>6.2f}  "
                  f"{f'{ratios[0]:.2f}-{ratios[-1]:.2f}' if ratios else '':>14}  "
                  f"{f'{100 * statistics.median(share):.0f} %' if share else '':>11}")
    rates = [r["sgemm_gflops"] for runs in engine.values() for r in runs]
    version = next((r["version"] for runs in torch.values() for r in runs), "none")
    print(f"\nsgemm 512 x 512 x 512: {statistics.median(rates):.0f} GFLOP/s; PyTorch {version}; "
          f"medians of {len(next(iter(engine.values())))} rounds; load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
