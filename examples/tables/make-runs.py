#!/usr/bin/env python3
"""Writes runs of made-up laws, so that what `tunerd fit --table` finds can be compared with the truth.

runs.csv: learning rates and batch sizes at several model sizes N and token budgets D.

    best batch          = 131072 (D/1e9)^0.5
    best learning rate  = 0.006 (D/1e9)^-0.35 (N/1e8)^-0.4 (B/131072)^0.5
    loss                = (1.7 + 0.8 (D/1e9)^-0.3 + 0.6 (N/1e8)^-0.3) e^(u^2/50 + v^2/100),  noise 0.1 %

u and v are natural logarithms of learning rate and batch size over their best values; runs with u > 2.2 diverge.

losses.csv: the loss of good runs, for --loss-law chinchilla.

    loss                = 1.8 + 420 N^-0.34 + 1300 D^-0.36,  noise 0.2 %

steps.csv: steps to a target loss for each model size, for --loss-law critical-batch; batch in sequences.

    steps               = 2000 (N/1e8)^0.3 (1 + Bc/B),  Bc = 2500 (N/1e8)^0.55,  noise 4 %
"""
import csv
import math
import os
import random

CELLS = [("train", 5e7, 1e9), ("train", 5e7, 2e9), ("train", 1e8, 1e9), ("train", 1e8, 2e9), ("train", 1e8, 4e9),
         ("train", 2e8, 2e9), ("train", 2e8, 4e9), ("test", 2e8, 1.6e10), ("test", 4e8, 1.6e10)]


def table(name):
    return open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "w", newline="")


def runs():
    noise = random.Random(7)
    with table("runs.csv") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["cell", "split", "N", "D", "lr", "batch_tokens", "loss"])
        for split, n, d in CELLS:
            floor = 1.7 + 0.8 * (d / 1e9) ** -0.3 + 0.6 * (n / 1e8) ** -0.3
            for batch in (65536, 131072, 262144, 524288, 1048576):
                v = math.log(batch / (131072 * (d / 1e9) ** 0.5))
                best = 0.006 * (d / 1e9) ** -0.35 * (n / 1e8) ** -0.4 * (batch / 131072) ** 0.5
                for rate in (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032):
                    u = math.log(rate / best)
                    loss = floor * math.exp(u * u / 50 + v * v / 100 + noise.gauss(0, 0.001))
                    cell = f"{n / 1e6:.0f}M-{d / 1e9:g}B"
                    writer.writerow([cell, split, f"{n:.0f}", f"{d:.0f}", rate, batch,
                                     "" if u > 2.2 else f"{loss:.5f}"])


def losses():
    noise = random.Random(8)
    with table("losses.csv") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["split", "N", "D", "loss"])
        for n in (3e7, 7e7, 1.5e8, 3e8, 7e8, 1.5e9, 3e9):
            for d in (1e9, 4e9, 1.6e10, 6.4e10):
                loss = (1.8 + 420 * n ** -0.34 + 1300 * d ** -0.36) * math.exp(noise.gauss(0, 0.002))
                writer.writerow(["test" if n == 3e9 else "train", f"{n:.0f}", f"{d:.0f}", f"{loss:.5f}"])


def steps():
    noise = random.Random(9)
    with table("steps.csv") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["N", "batch", "steps"])
        for n in (1e8, 2e8, 4e8, 8e8):
            for batch in (128, 512, 1024, 2048, 4096, 8192, 16384):
                critical = 2500 * (n / 1e8) ** 0.55
                count = 2000 * (n / 1e8) ** 0.3 * (1 + critical / batch) * math.exp(noise.gauss(0, 0.04))
                writer.writerow([f"{n:.0f}", batch, f"{count:.0f}"])


def main():
    runs()
    losses()
    steps()


if __name__ == "__main__":
    main()
