#!/usr/bin/env python3
"""Writes runs.csv: runs of a made-up law, so that what `tunerd fit --table` finds can be compared with the truth.

    best batch          = 131072 (D/1e9)^0.5
    best learning rate  = 0.006 (D/1e9)^-0.35 (N/1e8)^-0.4 (B/131072)^0.5
    loss                = (1.7 + 0.8 (D/1e9)^-0.3 + 0.6 (N/1e8)^-0.3) e^(u^2/50 + v^2/100),  noise 0.1 %

u and v are natural logarithms of learning rate and batch size over their best values; runs with u > 2.2 diverge.
"""
import csv
import math
import os
import random

CELLS = [("train", 5e7, 1e9), ("train", 5e7, 2e9), ("train", 1e8, 1e9), ("train", 1e8, 2e9), ("train", 1e8, 4e9),
         ("train", 2e8, 2e9), ("train", 2e8, 4e9), ("test", 2e8, 1.6e10), ("test", 4e8, 1.6e10)]


def main():
    noise = random.Random(7)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "runs.csv")
    with open(path, "w", newline="") as file:
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


if __name__ == "__main__":
    main()
