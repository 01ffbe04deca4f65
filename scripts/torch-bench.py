#!/usr/bin/env python3
"""Times training steps of PyTorch (eager, one thread, fused AdamW) on one of the engine's models, data included.

    torch-bench.py MODEL SECONDS DATA_FOLDER      MODEL: char-gpt, char-gpt-wide, mlp, cnn, logistic

Prints one JSON object with the median and the best milliseconds of a step; scripts/bench-models.py calls it.
"""
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.projection(y.transpose(1, 2).reshape(b, t, c))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, vocabulary, length, width, depth, heads):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(length, width)
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        return self.head(self.norm(self.blocks(x)))


def gpt(folder, width, depth, heads, length, batch):
    text = open(folder + "/text.txt", encoding="utf-8").read()
    number = {symbol: i for i, symbol in enumerate(sorted(set(text)))}
    data = torch.tensor([number[symbol] for symbol in text])
    model = GPT(len(number), length, width, depth, heads)

    def loss():
        starts = torch.randint(len(data) - length, (batch,))
        x = torch.stack([data[s : s + length] for s in starts])
        y = torch.stack([data[s + 1 : s + 1 + length] for s in starts])
        logits = model(x)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), y.view(-1))

    return model, loss


def images(folder):
    pixels = open(folder + "/images.idx", "rb").read()[16:]
    labels = open(folder + "/labels.idx", "rb").read()[8:]
    x = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).view(len(labels), -1).float() / 255
    return x, torch.frombuffer(bytearray(labels), dtype=torch.uint8).long()


def classifier(model, x, y, batch):
    def loss():
        rows = torch.randint(len(x), (batch,))
        return F.cross_entropy(model(x[rows]), y[rows])

    return model, loss


def mlp(folder):
    model = nn.Sequential(nn.Linear(784, 256), nn.GELU(approximate="tanh"), nn.Linear(256, 10))
    return classifier(model, *images(folder), 128)


def cnn(folder):
    model = nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 16, 3, padding=1), nn.GELU(approximate="tanh"), nn.AvgPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.GELU(approximate="tanh"), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(32 * 49, 10))
    return classifier(model, *images(folder), 64)


def logistic(folder):
    rows = []
    labels = []
    for line in open(folder + "/logistic.txt"):
        fields = line.split()
        labels.append(float(fields[0]) > 0)
        rows.append([(int(a) - 1, float(b)) for a, b in (f.split(":") for f in fields[1:])])
    columns = 1 + max(i for row in rows for i, _ in row)
    held = max(1, len(rows) // 10)
    x = torch.zeros(len(rows) - held, columns)
    for n, row in enumerate(rows[held:]):
        for i, v in row:
            x[n, i] = v
    y = torch.tensor(labels[held:]).float()
    model = nn.Linear(columns, 1)
    return model, lambda: F.binary_cross_entropy_with_logits(model(x)[:, 0], y)


MODELS = {
    "char-gpt": lambda folder: gpt(folder, 128, 4, 4, 64, 12),
    "char-gpt-wide": lambda folder: gpt(folder, 384, 6, 6, 256, 8),
    "mlp": mlp,
    "cnn": cnn,
    "logistic": logistic,
}


def main():
    model, loss = MODELS[sys.argv[1]](sys.argv[3])
    seconds = float(sys.argv[2])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
        return value.item()

    first = step()
    for _ in range(2):
        step()
    times = []
    processor = []
    start = time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        began = time.thread_time()
        last = step()
        processor.append(1e3 * (time.thread_time() - began))
        times.append(1e3 * (time.perf_counter() - begin))
    print(json.dumps({
        "median_ms": statistics.median(times), "best_ms": min(times), "cpu_ms": statistics.median(processor),
        "steps": len(times), "first_loss": first, "last_loss": last,
        "parameters": sum(p.numel() for p in model.parameters()), "version": torch.__version__,
    }))


main()
