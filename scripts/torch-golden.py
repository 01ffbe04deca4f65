#!/usr/bin/env python3
"""Ten training losses of each model in PyTorch, for Tests/EngineTests/Golden/torch-losses.json.

    torch-golden.py >Tests/EngineTests/Golden/torch-losses.json        needs torch, any version from 2.0 on

Weights and data come from SplitMix64, which the tests have too, so that the file holds sizes and losses only. One
batch is taken ten times by plain gradient descent; loss k is the one before step k. Computed in double precision: the
engine's single precision must come within 1e-4.
"""
import json
import math

import torch
import torch.nn.functional as F

STEPS = 10
RATE = 0.5


class Random:
    """SplitMix64; `sym` is uniform in [-1, 1)."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53

    def sym(self):
        return 2 * self.uniform() - 1

    def tensor(self, *shape):
        values = [self.sym() for _ in range(math.prod(shape))]
        return torch.tensor(values, dtype=torch.float64).view(*shape)

    def numbers(self, count, below):
        return torch.tensor([int(self.uniform() * below) for _ in range(count)])


def parameters(slots, random):
    """Gains 1 + 0.1 s, biases 0.1 s, tables 0.5 s, matrices s sqrt(3 / inputs); s uniform in [-1, 1)."""
    made = {}
    for name, shape, role in slots:
        s = random.tensor(*shape)
        if role == "scale":
            s = 1 + 0.1 * s
        elif role == "bias":
            s = 0.1 * s
        elif role == "embedding":
            s = 0.5 * s
        else:
            s = s * math.sqrt(3 / shape[1])
        made[name] = s.requires_grad_()
    return made


def losses(p, rate, loss):
    found = []
    for _ in range(STEPS):
        value = loss(p)
        found.append(value.item())
        gradients = torch.autograd.grad(value, list(p.values()))
        with torch.no_grad():
            for x, g in zip(p.values(), gradients):
                x -= rate * g
    return found


def char_gpt(seed):
    size = {"vocabulary": 17, "length": 12, "width": 32, "depth": 2, "heads": 2, "sequences": 4,
            "learning_rate": 0.03}
    v, t, c = size["vocabulary"], size["length"], size["width"]
    slots = [("tokens", [v, c], "embedding"), ("positions", [t, c], "embedding")]
    for i in range(size["depth"]):
        slots += [(f"{i}.{name}", shape, role) for name, shape, role in [
            ("g1", [c], "scale"), ("b1", [c], "bias"), ("qkv", [3 * c, c], "hidden"), ("qkv_b", [3 * c], "bias"),
            ("proj", [c, c], "hidden"), ("proj_b", [c], "bias"), ("g2", [c], "scale"), ("b2", [c], "bias"),
            ("in", [4 * c, c], "hidden"), ("in_b", [4 * c], "bias"), ("out", [c, 4 * c], "hidden"),
            ("out_b", [c], "bias")]]
    slots += [("g", [c], "scale"), ("b", [c], "bias"), ("head", [v, c], "output")]
    random = Random(seed)
    p = parameters(slots, random)
    ids = random.numbers(size["sequences"] * t, v).view(-1, t)
    targets = random.numbers(size["sequences"] * t, v)

    def loss(p):
        x = p["tokens"][ids] + p["positions"]
        for i in range(size["depth"]):
            q, k, w = F.linear(
                F.layer_norm(x, [c], p[f"{i}.g1"], p[f"{i}.b1"]), p[f"{i}.qkv"], p[f"{i}.qkv_b"]
            ).view(-1, t, 3, size["heads"], c // size["heads"]).permute(2, 0, 3, 1, 4)
            y = F.scaled_dot_product_attention(q, k, w, is_causal=True).transpose(1, 2).reshape(-1, t, c)
            x = x + F.linear(y, p[f"{i}.proj"], p[f"{i}.proj_b"])
            y = F.linear(F.layer_norm(x, [c], p[f"{i}.g2"], p[f"{i}.b2"]), p[f"{i}.in"], p[f"{i}.in_b"])
            x = x + F.linear(F.gelu(y, approximate="tanh"), p[f"{i}.out"], p[f"{i}.out_b"])
        z = F.linear(F.layer_norm(x, [c], p["g"], p["b"]), p["head"])
        return F.cross_entropy(z.view(-1, v), targets)

    return size, losses(p, size["learning_rate"], loss)


def labelled(slots, rows, inputs, classes, seed, outputs):
    random = Random(seed)
    p = parameters(slots, random)
    x = random.tensor(rows, inputs)
    y = random.numbers(rows, classes)
    if classes > 2:
        return losses(p, RATE, lambda p: F.cross_entropy(outputs(p, x), y))
    return losses(p, RATE, lambda p: F.binary_cross_entropy_with_logits(outputs(p, x)[:, 0], y.double()))


def mlp(seed):
    size = {"inputs": 20, "width": 36, "depth": 2, "outputs": 5, "rows": 24, "learning_rate": RATE}
    i, c, k = size["inputs"], size["width"], size["outputs"]
    slots = [("w0", [c, i], "input"), ("b0", [c], "bias"), ("w1", [c, c], "hidden"), ("b1", [c], "bias"),
             ("w2", [k, c], "output"), ("b2", [k], "bias")]

    def outputs(p, x):
        for n in range(2):
            x = F.gelu(F.linear(x, p[f"w{n}"], p[f"b{n}"]), approximate="tanh")
        return F.linear(x, p["w2"], p["b2"])

    return size, labelled(slots, size["rows"], i, k, seed, outputs)


def cnn(seed):
    """Images are (side, side, channels), kernels (filters, 3, 3, channels): channels last, as in the engine."""
    size = {"side": 8, "channels": 2, "filters": 6, "outputs": 4, "rows": 10, "learning_rate": RATE}
    side, channels, f, k = size["side"], size["channels"], size["filters"], size["outputs"]
    features = (side // 4) ** 2 * 2 * f
    slots = [("w0", [f, 9 * channels], "convolution"), ("b0", [f], "bias"),
             ("w1", [2 * f, 9 * f], "convolution"), ("b1", [2 * f], "bias"),
             ("w2", [k, features], "output"), ("b2", [k], "bias")]

    def outputs(p, x):
        x = x.view(-1, side, side, channels).permute(0, 3, 1, 2)
        for n in range(2):
            kernel = p[f"w{n}"].view(-1, 3, 3, x.shape[1]).permute(0, 3, 1, 2)
            x = F.avg_pool2d(F.gelu(F.conv2d(x, kernel, p[f"b{n}"], padding=1), approximate="tanh"), 2)
        return F.linear(x.permute(0, 2, 3, 1).reshape(len(x), -1), p["w2"], p["b2"])

    return size, labelled(slots, size["rows"], side * side * channels, k, seed, outputs)


def logistic(seed):
    size = {"inputs": 10, "rows": 32, "learning_rate": RATE}
    slots = [("w", [1, 10], "output"), ("b", [1], "bias")]
    return size, labelled(slots, 32, 10, 2, seed, lambda p, x: F.linear(x, p["w"], p["b"]))


models = {}
for number, (name, make) in enumerate(
        [("char-gpt", char_gpt), ("mlp", mlp), ("cnn", cnn), ("logistic-regression", logistic)]):
    sizes, found = make(101 + number)
    models[name] = {"seed": 101 + number, "sizes": sizes, "losses": found}
print(json.dumps({"source": f"scripts/torch-golden.py, PyTorch {torch.__version__}",
                  "models": models}, indent=1))
