#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the catalogue share: made-up mail, runs, and the comparison of output folders.

A test is a function whose name begins with the number of its case, case_76_two_runs(rig). A script ends with
rig.main(globals()): it runs them one after the other, each in a folder of its own, or only those that are named
behind the program's path. The first one that fails ends the script with 1 and says what was expected.
"""
import contextlib
import hashlib
import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CLOCK = "2026-12-01T00:00:00Z"


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def need(ok, text):
    if not ok:
        raise Failed(text)


def skip(text):
    raise Skipped(text)


# ---- mail ----

def mail(number, salt="", size=600):
    """One mail of one of seven lures; the same number and salt always give the same bytes."""
    lure = number % 7
    token = hashlib.sha256(f"{salt}/{number}".encode()).hexdigest()
    lines = [
        f"Received: from mail{lure}.sender.example ([203.0.113.{number % 250 + 1}]) by mx.trap.example;",
        f" Mon, 23 Nov 2026 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02} +0000",
        f"From: Kestrel Bank {lure} <notice{lure}@sender.example>",
        f"To: reader{number}@trap.example",
        f"Subject: Your account number {lure} is on hold",
        f"Message-ID: <{token[:20]}@sender.example>",
        "",
        f"Dear customer of branch {lure}, we had to put your account on hold for your own safety.",
        f"Please confirm your details at http://www{lure}.kestrel-login.example/{token[:16]}/ today.",
    ]
    filler = f"This is line number {lure} of the small print, which nobody reads twice."
    text = "\n".join(lines) + "\n"
    return (text + (filler + "\n") * max(0, (size - len(text)) // (len(filler) + 1))).encode()


def mbox(numbers, salt="", size=600):
    return b"".join(b"From notice@sender.example Mon Nov 23 12:00:00 2026\n" + mail(n, salt, size) + b"\n"
                    for n in numbers)


# ---- processes ----

def read_proc(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as f:
            return f.read()
    except OSError:
        return b""


def parent_of(pid):
    fields = read_proc(pid, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


def name_of(pid):
    return read_proc(pid, "comm").decode("utf-8", "replace").strip()


def is_alive(pid):
    fields = read_proc(pid, "stat").rpartition(b")")[2].split()
    return bool(fields) and fields[0] not in (b"Z", b"X")


def family(pid):
    """The process and all that descend from it, oldest generation first."""
    parents = {int(p): parent_of(int(p)) for p in os.listdir("/proc") if p.isdigit()}
    found = [pid]
    for p in found:
        found += sorted(c for c, parent in parents.items() if parent == p)
    return [p for p in found if is_alive(p)]


def bytes_read(pids):
    """What they asked the system for so far, read(2) and pread(2) alike."""
    total = 0
    for pid in pids:
        for line in read_proc(pid, "io").split(b"\n"):
            if line.startswith(b"rchar:"):
                total += int(line.split()[1])
    return total


def wait_until(what, condition, seconds=8.0):
    end = time.monotonic() + seconds
    while not condition():
        need(time.monotonic() < end, f"waited {seconds} s for: {what}")
        time.sleep(0.002)


# ---- runs ----

def read_tree(folder):
    """Name -> bytes of every file but run.json, which tells of one process."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if name != "run.json":
                with open(path, "rb") as f:
                    found[os.path.relpath(path, folder)] = f.read()
    return found


def differing(got, want):
    return sorted(n for n in set(got) | set(want) if got.get(n) != want.get(n))


class Run:
    """A run that goes on: p is its Popen."""

    def __init__(self, rig, process, out):
        self.rig, self.p, self.out = rig, process, out

    def family(self):
        return family(self.p.pid)

    def stop(self):
        for pid in self.family():
            os.kill(pid, signal.SIGSTOP)

    def go_on(self):
        for pid in self.family():
            os.kill(pid, signal.SIGCONT)

    def end(self, seconds=60):
        try:
            self.err = self.p.communicate(timeout=seconds)[1] or b""
        except subprocess.TimeoutExpired:
            for pid in reversed(self.family()):
                os.kill(pid, signal.SIGKILL)
            self.p.communicate()
            raise Failed(f"the run still hung after {seconds} s")
        self.code = self.p.returncode
        return self

    def expect(self, *codes):
        need(self.code in codes, f"exit {self.code} where {' or '.join(map(str, codes))} was expected; it said: "
             f"{self.err.decode('utf-8', 'replace')[-1500:]}")
        return self

    def says(self, *words):
        text = self.err.decode("utf-8", "replace")
        for word in words:
            need(word in text, f"\"{word}\" was expected in: {text[-1500:]}")
        return self

    def tree(self):
        return read_tree(self.out)

    def json(self):
        with open(os.path.join(self.out, "run.json"), encoding="utf-8") as f:
            return json.load(f)

    def messages(self):
        with open(os.path.join(self.out, "messages.jsonl"), encoding="utf-8") as f:
            return {m["id"]: m for m in map(json.loads, f)}


class Rig:
    def __init__(self, spamloom, folder):
        self.spamloom, self.folder, self.runs = spamloom, folder, []

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def command(self, name, inputs, *options, program=None):
        return [*(program or [self.spamloom]), "run", "-q", "-s", self.path(name, "store"), "-o",
                self.path(name, "out"), "--as-of", CLOCK, "--format=messages", *options, *inputs]

    def start(self, name, inputs, *options, program=None, **popen):
        """Start a run in its folder `name` (store and out), which stays between runs."""
        os.makedirs(self.path(name), exist_ok=True)
        popen.setdefault("stderr", subprocess.PIPE)
        popen.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(self.command(name, inputs, *options, program=program), **popen)
        self.runs.append(Run(self, process, self.path(name, "out")))
        return self.runs[-1]

    def bury(self):
        """Nothing of a case that failed stays behind, stopped or not."""
        for run in self.runs:
            if run.p.poll() is None:
                for pid in reversed(run.family()):
                    os.kill(pid, signal.SIGKILL)
                run.p.wait()

    def run(self, name, inputs, *options, **popen):
        return self.start(name, inputs, *options, **popen).end()

    def forget(self, name):
        shutil.rmtree(self.path(name), ignore_errors=True)

    def same(self, run, want, what):
        bad = differing(run.tree(), want)
        need(not bad, f"{what}: these differ from the undisturbed run: {bad}")

    def isolations(self):
        """The ways to isolate that this program has; thread is the one that every version has."""
        text = subprocess.run([self.spamloom, "run", "--help"], stdout=subprocess.PIPE, check=True).stdout
        line = [x for x in text.decode().split("\n") if "--isolation" in x]
        real = line and "process|thread" in line[0] and "threads only" not in line[0]
        return ["process", "thread"] if real else ["thread"]


def main(names):
    spamloom, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    cases = [f for n, f in names.items() if n.startswith("case_") and inspect.isfunction(f)]
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    for case in cases:
        if wanted and not any(case.__name__.startswith(w) for w in wanted):
            continue
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="spamloom-") as folder, contextlib.ExitStack() as stack:
            # what a test made unreadable must not stay
            stack.callback(lambda: subprocess.run(["chmod", "-R", "u+rwX", folder], check=False,
                                                  stderr=subprocess.DEVNULL))
            own = Rig(spamloom, folder)
            stack.callback(own.bury)
            try:
                told = case(own)
            except Skipped as e:
                print(f"{case.__name__}: skipped: {e}", flush=True)
                continue
            except Failed as e:
                print(f"{case.__name__}: FAILED: {e}", flush=True)
                return 1
        print(f"{case.__name__}: {told or 'ok'} ({time.monotonic() - started:.1f} s)", flush=True)
    return 0
