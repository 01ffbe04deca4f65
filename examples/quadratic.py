#!/usr/bin/env python3
"""SGD with momentum on a noisy quadratic: a stand-in for a training script, with the standard library only.

The loss is half the sum of h_i x_i^2 with curvatures h_i = i^-1.5, and every gradient carries noise whose variance
falls with the batch size. Prints lines of the trial protocol, version 1, on standard output.
"""

import argparse
import json
import math
import random
import time


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--learning_rate", type=float, required=True)
    parser.add_argument("--momentum", type=float, default=0.0)
    parser.add_argument("--batch_size_tokens", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    start = time.monotonic()
    generator = random.Random(options.seed)
    curvatures = [i**-1.5 for i in range(1, 33)]
    point = [1.0] * len(curvatures)
    buffer = [0.0] * len(curvatures)
    noise = 1 / math.sqrt(options.batch_size_tokens)

    def loss() -> float:
        return 0.5 * sum(h * x * x for h, x in zip(curvatures, point))

    first_loss = loss()
    sequence = 0
    for step in range(1, options.steps + 1):
        for i, curvature in enumerate(curvatures):
            gradient = curvature * point[i] + noise * math.sqrt(curvature) * generator.gauss(0, 1)
            buffer[i] = options.momentum * buffer[i] + (1 - options.momentum) * gradient
            point[i] -= options.learning_rate * buffer[i]
        current = loss()
        metrics = {"validation_loss": current, "tokens": step * options.batch_size_tokens}
        if not math.isfinite(current) or current > 100 * first_loss:
            metrics = {name: value for name, value in metrics.items() if math.isfinite(value)}
            say({"finished": {"outcome": "diverged", "step": step, "metrics": metrics}})
            return
        if step % max(1, options.steps // 10) == 0 or step == options.steps:
            sequence += 1
            say(
                {
                    "observation": {
                        "sequence": sequence,
                        "step": step,
                        "tokens": step * options.batch_size_tokens,
                        "metrics": {"validation_loss": current},
                        "elapsed_seconds": time.monotonic() - start,
                    }
                }
            )
    say({"finished": {"outcome": "completed", "metrics": metrics}})


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
