#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End a run over the sample at random instants (kill -9, or SIGTERM), start it again to the end, compare.

usage: kill.py SPAMLOOM ARCHIVE [KILLS]
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time


def read_tree(folder):
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if name != "run.json":
                with open(path, "rb") as f:
                    found[os.path.relpath(path, folder)] = f.read()
    return found


def main():
    spamloom, archive = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    rand = random.Random(7)
    with tempfile.TemporaryDirectory() as work:
        def command(name):
            return [spamloom, "run", "-q", "-j2", "-s", f"{work}/{name}/store", "-o", f"{work}/{name}/out",
                    "--as-of", "2026-12-01", archive]

        os.mkdir(f"{work}/whole")
        started = time.monotonic()
        code = subprocess.run(command("whole"), check=False).returncode
        length = time.monotonic() - started
        assert code in (0, 1), code
        want = read_tree(f"{work}/whole/out")
        assert "MANIFEST.sha256" in want, sorted(want)
        kills = rounds = 0
        while kills < times:
            rounds += 1
            shutil.rmtree(f"{work}/k", ignore_errors=True)
            os.mkdir(f"{work}/k")
            while True:
                p = subprocess.Popen(command("k"))
                try:
                    code = p.wait(rand.uniform(0.001, length) if kills < times else None)
                except subprocess.TimeoutExpired:
                    how = rand.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
                    p.send_signal(how)
                    code = p.wait()
                    kills += 1
                    if code not in (0, 1):  # a drain may still come to the end
                        assert code in (-how, 128 + how), code
                        continue
                assert code in (0, 1), code
                break
            got = read_tree(f"{work}/k/out")
            bad = sorted(n for n in set(got) | set(want) if got.get(n) != want.get(n))
            assert not bad, f"round {rounds}: {bad}"
        print(f"{kills} kills in {rounds} rounds: every end byte-identical")


main()
