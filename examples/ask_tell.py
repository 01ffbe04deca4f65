#!/usr/bin/env python3
"""A loop of one's own around an ask_tell sweep: asks for a trial, trains it, tells. usage: ask_tell.py SWEEP"""
import http.client, json, os, random, socket, sys

class Daemon(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ.get("TUNERD_SOCKET") or os.environ["XDG_RUNTIME_DIR"] + "/tunerd/tunerd.sock")
    def post(self, path, body=None):
        self.request("POST", f"/v1/sweeps/{sys.argv[1]}/{path}", json.dumps(body))
        answer = json.load(response := self.getresponse())
        return answer if response.status == 200 else sys.exit(answer["detail"])

def train(rate, steps, noise):  # your training: here a noisy quadratic, and the loss ten times on the way
    x = 4.0
    for step in range(1, steps + 1):
        x -= rate * (x + noise.gauss(0, 1))
        if step % max(1, steps // 10) == 0:
            yield step, 0.5 * x * x + 1
daemon = Daemon("localhost")
while trials := daemon.post("trials")["trials"]:
    for trial in trials:
        told, word = f"trials/{trial['number']}/observations", {"token": trial["token"]}
        values = trial["hyperparameters"]
        for step, loss in train(values["learning_rate"], trial["steps"], random.Random(trial["seed"])):
            seen = {"step": step, "tokens": step * values["batch_size_tokens"], "metrics": {"validation_loss": loss}}
            if (said := daemon.post(told, word | {"observation": seen})["decision"]) == "stop":
                break
        end = {"outcome": "stopped" if said == "stop" else "completed", "metrics": seen["metrics"]}
        daemon.post(told, word | {"finished": end})
