#!/usr/bin/env python3
"""A small GPT (or LSTM) on the characters of a text file: a stand-in for the PyTorch script you already have.

Knows nothing of tunerd and logs as nanoGPT does; sweep.yaml beside it tunes it as it is.

usage: train.py --data input.txt --learning_rate 3e-3 --batch_size_sequences 8 --tokens 131072      needs torch
"""
import argparse
import functools
import math
import time

import torch
from torch import nn
from torch.nn import functional

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True, help="a text; its last tenth is for validation")
parser.add_argument("--model", choices=["gpt", "lstm"], default="gpt")
parser.add_argument("--depth", type=int, default=2)
parser.add_argument("--width", type=int, default=64)
parser.add_argument("--heads", type=int, default=4)
parser.add_argument("--block_size", type=int, default=64)
parser.add_argument("--learning_rate", type=float, default=3e-3)
parser.add_argument("--batch_size_sequences", type=int, default=8)
parser.add_argument("--tokens", type=int, default=2**17)
parser.add_argument("--schedule", choices=["cosine", "linear", "wsd", "constant"], default="cosine")
parser.add_argument("--eval_interval", type=int, default=250)
parser.add_argument("--seed", type=int, default=1337)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.norm1, self.norm2 = heads, nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.project = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width, bias=False), nn.GELU(), nn.Linear(4 * width, width, bias=False))

    def forward(self, x):
        q, k, v = self.attend(self.norm1(x)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.project(mixed.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


class Model(nn.Module):
    def __init__(self, o, vocabulary):
        super().__init__()
        self.token, self.place = nn.Embedding(vocabulary, o.width), nn.Embedding(o.block_size, o.width)
        self.blocks = nn.Sequential(*(Block(o.width, o.heads) for _ in range(o.depth))) if o.model == "gpt" else None
        self.lstm = nn.LSTM(o.width, o.width, o.depth, batch_first=True) if o.model == "lstm" else None
        self.norm, self.head = nn.LayerNorm(o.width), nn.Linear(o.width, vocabulary, bias=False)
        self.head.weight = self.token.weight
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02 if self.blocks else o.width**-0.5)

    def loss(self, windows):
        x = self.token(windows[:, :-1])
        x = self.blocks(x + self.place.weight) if self.blocks else self.lstm(x)[0]
        return functional.cross_entropy(self.head(self.norm(x)).flatten(0, 1), windows[:, 1:].flatten())


def factor(shape, done):
    """What the learning rate is multiplied with when a fraction of the run is done; a twentieth is warm-up."""
    left = (1 - done) / 0.95
    decay = {"constant": 1, "cosine": 0.55 - 0.45 * math.cos(math.pi * left), "linear": left, "wsd": min(1, 5 * left)}
    return min(decay[shape], done / 0.05)


@functools.cache
def read(path):
    text = open(path, encoding="utf-8").read()
    number = {c: i for i, c in enumerate(sorted(set(text)))}
    return torch.tensor([number[c] for c in text]), len(number)


def train(o, log=print):
    """Trains once and returns the last validation loss; a loss that is not finite ends the run."""
    torch.manual_seed(o.seed)
    symbols, vocabulary = read(o.data)
    data = symbols.unfold(0, o.block_size + 1, 1)
    cut = int(0.9 * len(data))
    held = data[torch.linspace(cut + o.block_size, len(data) - 1, 128).long()]
    model = Model(o, vocabulary)
    matrices, rest = ([p for p in model.parameters() if (p.dim() == 2) == wanted] for wanted in (True, False))
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, o.learning_rate, betas=(0.9, 0.95), fused=True)
    steps = math.ceil(o.tokens / (o.batch_size_sequences * o.block_size))
    begun = time.time()
    for step in range(steps + 1):
        if step == steps or (step and step % o.eval_interval == 0):
            with torch.no_grad():
                validation = model.loss(held).item()
            log(f"step {step}: train loss {loss.item():.4f}, val loss {validation:.4f}")
            if step == steps or not math.isfinite(validation):
                return validation
        for group in optimizer.param_groups:
            group["lr"] = o.learning_rate * factor(o.schedule, (step + 1) / steps)
        loss = model.loss(data[torch.randint(cut, (o.batch_size_sequences,))])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 10 == 0:
            log(f"iter {step}: loss {loss.item():.4f}, time {1000 * (time.time() - begun) / (step + 1):.2f}ms, mfu -100.00%")


if __name__ == "__main__":
    torch.set_num_threads(1)
    train(parser.parse_args())
