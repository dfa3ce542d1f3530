#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The most memory of a run: anonymous pages of all its processes, and shared memory once.

usage: memory.py SPAMLOOM ARCHIVE...    prints MB, and the bound that the run printed
"""
import json
import os
import subprocess
import sys
import tempfile
import time


def kb(pid, key):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def family(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            children = [int(x) for x in f.read().split()]
    except OSError:
        children = []
    return [pid] + [x for c in children for x in family(c)]


def main():
    if len(sys.argv) < 3 or not os.path.exists(sys.argv[2]):
        print("skipped: no archive")
        return 77
    with tempfile.TemporaryDirectory() as work:
        run = subprocess.Popen([sys.argv[1], "run", "-q", "-j2", "-s", work + "/store", "-o", work + "/out",
                                *sys.argv[2:]], stderr=subprocess.DEVNULL)
        anon = shared = 0
        while run.poll() is None:
            pids = family(run.pid)
            anon = max(anon, sum(kb(p, "RssAnon") for p in pids))
            shared = max(shared, max(kb(p, "RssShmem") for p in pids))
            time.sleep(0.01)
        with open(work + "/out/run.json", encoding="utf-8") as f:
            bound = json.load(f)["memory"]["bound"]
    print(f"anonymous {anon / 1024:.1f} MB + shared {shared / 1024:.1f} MB = {(anon + shared) / 1024:.1f} MB; "
          f"bound {bound / 1048576:.0f} MB")
    return 0 if (anon + shared) * 1024 <= bound else 1


sys.exit(main())
