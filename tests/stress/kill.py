#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kill processes of a run at random instants, run again to the end, compare with a run that nobody disturbed.

usage: kill.py SPAMLOOM ARCHIVE... [--kills N] [--seed N] [--isolation process|thread]

Every kind of process in turn: the engine (kill -9, now and then SIGTERM), the zygote, a worker's cell, a reader's cell.
 - engine: the next run goes on; - zygote: exit 70, the next run goes on; - a cell: the same run goes on, nothing is
quarantined. At the end of each round all outputs must be byte-identical, and no process may be left over.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

KINDS = ("engine", "sl-zygote", "sl-worker", "sl-reader")


def read_tree(folder):
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if name != "run.json":
                with open(path, "rb") as f:
                    found[os.path.relpath(path, folder)] = f.read()
    return found


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(word) for word in f.read().split()]
    except OSError:
        return []


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
            return f.read().strip()
    except OSError:
        return ""


def find(engine, kind, rand):
    """A process of that kind, or None."""
    if kind == "engine":
        return engine
    zygotes = [p for p in children(engine) if name_of(p) == "sl-zygote"]
    if kind == "sl-zygote":
        return zygotes[0] if zygotes else None
    cells = [c for z in zygotes for c in children(z) if name_of(c) == kind]
    return rand.choice(cells) if cells else None


class Rig:
    def __init__(self, args, work):
        self.args, self.work = args, work
        self.rand = random.Random(args.seed)
        self.kinds = KINDS if args.isolation == "process" else KINDS[:1]
        self.kills = dict.fromkeys(self.kinds, 0)
        self.turn = 0

    def command(self, name):
        return [os.path.abspath(self.args.program), "run", "-q", "-j2", f"--isolation={self.args.isolation}",
                "-s", f"{self.work}/{name}/store", "-o", f"{self.work}/{name}/out", "--as-of", "2026-12-01",
                *map(os.path.abspath, self.args.archives)]

    def kill_one(self, process):
        """Kill one of the kind whose turn it is. The signal that the engine got, or 0."""
        kind = self.kinds[self.turn % len(self.kinds)]
        pid = find(process.pid, kind, self.rand)
        while pid is None and process.poll() is None:
            time.sleep(0.001)
            pid = find(process.pid, kind, self.rand)
        if pid is None:
            return 0
        how = signal.SIGTERM if kind == "engine" and self.rand.random() < 0.2 else signal.SIGKILL
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return 0
        self.kills[kind] += 1
        self.turn += 1
        return how if kind == "engine" else 0

    def one_run(self, length):
        """One run with up to three kills. True: it came to its end."""
        with subprocess.Popen(self.command("k"), stderr=subprocess.PIPE) as process:
            signals = set()
            for _ in range(self.rand.choice((1, 1, 2, 3))):
                if sum(self.kills.values()) >= self.args.kills or signals:
                    break
                try:
                    process.wait(self.rand.uniform(0.001, length))
                    break
                except subprocess.TimeoutExpired:
                    got = self.kill_one(process)
                    if got:
                        signals.add(got)
            said = process.stderr.read().decode(errors="replace")
            code = process.wait(600)
        fine = {0, 1, 70} | {-s for s in signals} | {128 + s for s in signals}
        assert code in fine, f"exit {code}: {said}"
        assert code != 70 or "zygote" in said, said
        return code in (0, 1) and "again and again" not in said

    def one_round(self, want, length):
        shutil.rmtree(f"{self.work}/k", ignore_errors=True)
        os.mkdir(f"{self.work}/k")
        while not self.one_run(length):
            pass
        got = read_tree(f"{self.work}/k/out")
        bad = sorted(n for n in set(got) | set(want) if got.get(n) != want.get(n))
        assert not bad, f"after {self.kills}: {bad}"
        quarantine = [f for _, _, files in os.walk(f"{self.work}/k/store/quarantine") for f in files]
        assert not quarantine, f"innocents in quarantine: {quarantine}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("archives", nargs="+")
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--isolation", default="process")
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix="kill-")
    try:
        rig = Rig(args, work)
        os.mkdir(f"{work}/whole")
        started = time.monotonic()
        code = subprocess.run(rig.command("whole"), check=False).returncode
        length = time.monotonic() - started
        assert code in (0, 1), code
        want = read_tree(f"{work}/whole/out")
        assert "MANIFEST.sha256" in want, sorted(want)
        rounds = 0
        while sum(rig.kills.values()) < args.kills:
            rig.one_round(want, length)
            rounds += 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{rig.kills} kills in {rounds} rounds: every end byte-identical")


main()
