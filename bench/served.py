# SPDX-License-Identifier: Apache-2.0
"""A server of our own to measure, and checkpoints for it."""
import http.client
import json
import pathlib
import re
import struct
import subprocess
import threading
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/release/darkroom"


def write_copy(source, target, number):
    """The last bits of every UNet weight are another pattern in each copy."""
    data = bytearray(source.read_bytes())
    length = struct.unpack_from("<Q", data)[0]
    header = json.loads(bytes(data[8:8 + length]))
    flip = bytes(value ^ (1 + number % 3) for value in range(256))
    shift = number // 3
    for name, tensor in header.items():
        if not name.startswith("model.diffusion_model."):
            continue
        begin, end = (8 + length + offset for offset in tensor["data_offsets"])
        width = {"F16": 2, "BF16": 2, "F32": 4}[tensor["dtype"]]
        stride = width * (1 + shift)
        data[begin:end:stride] = bytes(data[begin:end:stride]).translate(flip)
    target.write_bytes(data)


class Server:
    def __init__(self, program, folder, models, *flags):
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", "--data", folder / "data", "--models", models,
             *flags], stderr=self.log, stdout=subprocess.DEVNULL)
        self.url = None
        while self.url is None:
            if self.process.poll() is not None:
                raise SystemExit("the server does not start: see " + self.log.name)
            time.sleep(0.05)
            found = re.search(r"url=(\S+)", pathlib.Path(self.log.name).read_text())
            self.url = found and found.group(1)

    def ask(self, path, body=None, **headers):
        """JSON of an answer; a body makes it a POST."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json", **headers})
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)

    def agent_rss(self):
        """RssAnon of all agents together, MiB."""
        total = 0
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text()
            except OSError:
                continue
            found = re.search(r"RssAnon:\s+(\d+) kB", text)
            if found and f"\nPPid:\t{self.process.pid}\n" in text:
                total += int(found.group(1))
        return total / 1024

    def load_histogram(self):
        """Upper bounds and cumulative counts of the time that loading a checkpoint took."""
        with urllib.request.urlopen(self.url + "/metrics") as answer:
            text = answer.read().decode()
        rows = re.findall(
            r'darkroom_engine_work_seconds_bucket\{[^}]*work="load"[^}]*le="([^"]+)"[^}]*\} (\d+)',
            text)
        return [(float(bound), int(count)) for bound, count in rows]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class HealthProbe:
    """Asks /healthz fifty times a second on one connection, in a thread, and keeps the seconds."""

    def __init__(self, url):
        self.seconds = []
        self.address = urllib.parse.urlsplit(url)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port)
        while not self.ended.wait(0.02):
            begin = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            self.seconds.append(time.perf_counter() - begin)

    def stop(self):
        """How many answers, and quantiles of their milliseconds."""
        self.ended.set()
        self.thread.join()
        ordered = sorted(self.seconds)
        return {"answers": len(ordered)} | {
            f"p{part}_ms": round(1000 * ordered[int(len(ordered) * part / 100)], 2)
            for part in (50, 95, 99)}
