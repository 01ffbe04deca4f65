#!/usr/bin/env python3
"""Measures ask and tell on SQLite: the program through its library and over its socket, and Optuna on the same disk.

Every state change of either is a durable transaction before the caller hears of it. A trial is an ask and the tell of
its final value over five real parameters; with a batch, one ask and one tell for so many trials. Rates are those of the
last tenth of the trials before each mark (at least 500; Optuna 50), so that they show what a trial costs at that size.

usage: bench-store.py TUNERD [--trials 100000] [--single 10000] [--samplers random,sobol,tpe] [--batch 100]
       [--folder DIR] [--without-optuna] [--optuna-trials 1000] [--json FILE]

Optuna comes from the package index: 'make bench-store' installs it into a scratch environment.
"""
import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

MARKS = (1_000, 10_000, 100_000)
OPTUNA_MARKS = (100, 300, 1_000)
SWEEP = """name: bench
ask_tell: true
method: {method}
parameters:
  x0: {{min: 1e-4, max: 1.0}}
  x1: {{min: 0.0, max: 1.0}}
  x2: {{min: 0.0, max: 1.0}}
  x3: {{min: 0.0, max: 1.0}}
  x4: {{min: 0.0, max: 1.0}}
token_budgets: [1M]
run_cap: {trials}
"""


def loss(values):
    return 1 + sum((value - 0.3) ** 2 for value in values)


def sync_rate(folder):
    """Appends made durable a second: the most that one client with one commit at a time can reach."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < 1:
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            count += 1
    return count / (time.perf_counter() - began)


def resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def cpu(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Window:
    """Rates over the last tenth before each mark."""

    def __init__(self, trials, pid, marks=MARKS):
        self.marks = sorted({mark for mark in marks if mark < trials} | {trials})
        self.least = 500 if marks is MARKS else 50
        self.pid, self.count, self.readings = pid, 0, []
        self.begin()

    def begin(self):
        self.start, self.at, self.cpu = self.count, time.perf_counter(), cpu(self.pid)

    def add(self, trials):
        for _ in range(trials):
            self.count += 1
            mark = next((mark for mark in self.marks if mark >= self.count), None)
            if mark is None:
                return
            if mark - self.count == max(self.least, mark // 10):
                self.begin()
            if mark == self.count:
                width = self.count - self.start
                self.readings.append({
                    "n": mark, "trials_per_second": width / (time.perf_counter() - self.at),
                    "cpu_ms": 1000 * (cpu(self.pid) - self.cpu) / width, "rss_mib": resident(self.pid)})
                self.begin()


def library(tunerd, folder, method, trials, batch, loops=1):
    store = os.path.join(folder, "library.sqlite")
    result = subprocess.run(
        [tunerd, "bench-store", "--trials", str(trials), "--sampler", method, "--batch", str(batch),
         "--loops", str(loops), "--store", store], check=True, capture_output=True, text=True)
    for name in os.listdir(folder):
        if name.startswith("library.sqlite"):
            os.unlink(os.path.join(folder, name))
    return [json.loads(line) for line in result.stdout.splitlines()]


class Daemon(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def post(self, path, body):
        self.request("POST", "/v1/sweeps" + path, body)
        response = self.getresponse()
        answer = json.load(response)
        if response.status != 200:
            raise RuntimeError(answer)
        return answer


def over_socket(tunerd, folder, method, trials, batch):
    path, store = os.path.join(folder, "s"), os.path.join(folder, "socket.sqlite")
    process = subprocess.Popen([tunerd, "serve", "--socket", path, "--store", store],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        daemon = Daemon(path)
        for _ in range(200):
            try:
                daemon.connect()
                break
            except OSError:
                time.sleep(0.05)
        daemon.post("", SWEEP.format(method=method, trials=trials))
        window = Window(trials, process.pid)
        while handed := daemon.post(f"/bench/trials?count={batch}", b"")["trials"]:
            tells = [{"trial": trial["number"], "token": trial["token"], "finished": {
                "outcome": "completed", "metrics": {"validation_loss": loss(trial["hyperparameters"].values())}}}
                for trial in handed]
            if batch == 1:
                daemon.post(f"/bench/trials/{tells[0]['trial']}/observations", json.dumps(tells[0]))
            else:
                answers = daemon.post("/bench/observations", json.dumps(tells))["answers"]
                assert all("answer" in answer for answer in answers), answers
            window.add(len(handed))
        return window.readings
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        for name in os.listdir(folder):
            if name.startswith("socket.sqlite"):
                os.unlink(os.path.join(folder, name))


def with_optuna(folder, method, trials):
    import warnings

    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    samplers = {"random": "RandomSampler", "sobol": "QMCSampler", "tpe": "TPESampler"}
    path = os.path.join(folder, f"optuna-{method}.sqlite")
    study = optuna.create_study(storage=f"sqlite:///{path}", sampler=getattr(optuna.samplers, samplers[method])(seed=1))
    window = Window(trials, os.getpid(), OPTUNA_MARKS)
    for _ in range(trials):
        trial = study.ask()
        values = [trial.suggest_float("x0", 1e-4, 1, log=True)]
        values += [trial.suggest_float(f"x{i}", 0, 1) for i in range(1, 5)]
        study.tell(trial, loss(values))
        window.add(1)
    os.unlink(path)
    return window.readings


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tunerd")
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--single", type=int, default=10_000)
    parser.add_argument("--samplers", default="random,sobol,tpe")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--folder")
    parser.add_argument("--without-optuna", action="store_true")
    parser.add_argument("--optuna-trials", type=int, default=1000)
    parser.add_argument("--json")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="bench-store-", dir=options.folder)
    found = {}
    print(f"appends made durable: {sync_rate(folder):.0f} a second\n")
    print(f"{'WHAT':<10}{'SAMPLER':<9}{'BATCH':>6}{'N':>9}{'TRIALS/S':>10}{'CPU MS':>9}{'ASK MS':>9}{'TELL MS':>9}"
          f"{'RSS MIB':>9}")

    def show(what, sampler, batch, readings):
        found[f"{what} {sampler} {batch}"] = readings
        for reading in readings:
            times = "".join(f"{reading[name]:>9.3f}" if name in reading else f"{'-':>9}"
                            for name in ("ask_ms_median", "tell_ms_median"))
            print(f"{what:<10}{sampler:<9}{batch:>6}{reading['n']:>9}{reading['trials_per_second']:>10.0f}"
                  f"{reading['cpu_ms']:>9.3f}{times}{reading['rss_mib']:>9.1f}", flush=True)

    try:
        for sampler in options.samplers.split(","):
            show("library", sampler, options.batch,
                 library(options.tunerd, folder, sampler, options.trials, options.batch))
        sampler = options.samplers.split(",")[0]
        show("library", sampler, 1, library(options.tunerd, folder, sampler, options.single, 1))
        show("32 loops", sampler, 1, library(options.tunerd, folder, sampler, options.single, 1, loops=32))
        for batch in (options.batch, 1):
            show("socket", sampler, batch, over_socket(options.tunerd, folder, sampler, options.single, batch))
        if not options.without_optuna:
            for sampler in options.samplers.split(","):
                show("Optuna", sampler, 1, with_optuna(folder, sampler, options.optuna_trials))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(found, file)


if __name__ == "__main__":
    sys.exit(main())
