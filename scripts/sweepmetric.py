"""The metric of docs and tests, written a second time: regret of a choice in a cell whose runs are known.

Standard library only. `Sources/Tuner/Tables/SweepRegret.swift` says what the numbers mean; the two agree to 1e-6.
"""
import math

CAP = 0.5


def interpolate(x, xs, ys):
    """Linear between ascending knots, constant beyond their ends."""
    if x <= xs[0]:
        return ys[0]
    for (left, low), (right, high) in zip(zip(xs, ys), zip(xs[1:], ys[1:])):
        if x <= right:
            return low + (high - low) * (x - left) / (right - left)
    return ys[-1]


def solve(matrix, right):
    """Gaussian elimination with pivots; None when the matrix is singular."""
    rows = [list(row) + [value] for row, value in zip(matrix, right)]
    count = len(rows)
    for k in range(count):
        pivot = max(range(k, count), key=lambda i: abs(rows[i][k]))
        if abs(rows[pivot][k]) < 1e-14:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(k + 1, count):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k])]
    solution = [0.0] * count
    for k in reversed(range(count)):
        known = sum(rows[k][j] * solution[j] for j in range(k + 1, count))
        solution[k] = (rows[k][count] - known) / rows[k][k]
    return solution


def least_squares(columns, response):
    """Coefficients of columns; normal equations, good enough for centred columns of a few units."""
    gram = [[sum(a * b for a, b in zip(p, q)) for q in columns] for p in columns]
    return solve(gram, [sum(a * b for a, b in zip(p, response)) for p in columns])


class Cell:
    """The runs of one model and budget, as (learning rate, batch size, loss); a batch size of 1 when there is none."""

    def __init__(self, runs):
        self.points = [(math.log2(rate), math.log2(batch), loss) for rate, batch, loss in runs]
        self.best = min(loss for _, _, loss in self.points)
        rows = {}
        for x, y, loss in self.points:
            row = rows.setdefault(y, {})
            row[x] = min(row.get(x, math.inf), loss, self.best + CAP)
        self.rows = [(y, sorted(row), [row[x] for x in sorted(row)]) for y, row in sorted(rows.items())]

    def loss(self, rate, batch):
        x = math.log2(rate)
        values = [interpolate(x, xs, losses) for _, xs, losses in self.rows]
        return interpolate(math.log2(batch), [y for y, _, _ in self.rows], values)

    def regret(self, rate, batch):
        return self.loss(rate, batch) - self.best

    def near(self, rate, batch):
        x, y = math.log2(rate), math.log2(batch)
        closest = min(self.points, key=lambda p: max(abs(p[0] - x), abs(p[1] - y)))
        return closest[2] <= self.best * 1.0025

    def clamped(self, rate, batch):
        def outside(value, values):
            return not min(values) - 1e-9 <= value <= max(values) + 1e-9
        return (outside(math.log2(rate), [p[0] for p in self.points])
                or outside(math.log2(batch), [p[1] for p in self.points]))

    def smooth_optimum(self):
        """(x, y) in octaves: the bottom of a parabola through the runs near the best, else the best run."""
        for level in (0.005, 0.01, 0.02):
            near = [p for p in self.points if p[2] <= self.best * (1 + level)]
            if len(near) < 14 or min(len({p[0] for p in near}), len({p[1] for p in near})) < 3:
                continue
            x0, y0 = (sum(p[i] for p in near) / len(near) for i in (0, 1))
            u, v = [p[0] - x0 for p in near], [p[1] - y0 for p in near]
            c = least_squares([[1.0] * len(near), u, v, [a * a / 2 for a in u], [b * b / 2 for b in v],
                               [a * b for a, b in zip(u, v)]], [p[2] for p in near])
            if c is None:
                continue
            hxx, hyy, hxy = c[3:]
            if (hxx + hyy) / 2 - math.hypot((hxx - hyy) / 2, hxy) <= 1e-5:
                continue
            step = solve([[hxx, hxy], [hxy, hyy]], [-c[1], -c[2]])
            clip = lambda value, axis: min(max(value, min(p[axis] for p in self.points)),
                                           max(p[axis] for p in self.points))
            return clip(x0 + step[0], 0), clip(y0 + step[1], 1)
        best = min(self.points, key=lambda p: p[2])
        return best[0], best[1]

    def score(self, rate, batch):
        x, y = self.smooth_optimum()
        regret = self.regret(rate, batch)
        return {"regret": regret, "relative": regret / self.best, "rate": abs(math.log2(rate) - x),
                "batch": abs(math.log2(batch) - y), "near": self.near(rate, batch)}


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def quantile(values, q):
    """Linear between order statistics."""
    values = sorted(values)
    place = q * (len(values) - 1)
    low = min(int(place), len(values) - 2)
    return values[low] + (place - low) * (values[low + 1] - values[low])
