#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A folder of malformed mails, boxes and archives: in one run, and each file alone.

usage: torture.py SPAMLOOM FOLDER [--cpu SECONDS] [--only one|each] [--archive FILE] [--jobs N] [--report FILE]

FOLDER is not part of this repository; without it the checks are skipped, and this says so (exit 77). FOLDER.tar.xz, or
--archive, is the same as one archive. Wanted: no signal, no exit code but 0, 1 and 65; no file takes more than --cpu
seconds (user and system, of all processes); memory stays in the bound that the run prints; no message and no archive ends
its cell; -j1, -j2 and both isolations give the same bytes.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

CLOCK = "2026-11-24T04:00:00Z"
CODES = (0, 1, 65)  # clean, damage, nothing that could be read
CRASHES = ("crashed", "reader-crashed")
HANG = 60


def status_kb(pid, keys):
    found = dict.fromkeys(keys, 0)
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
            for line in f:
                key, _, value = line.partition(":")
                if key in found:
                    found[key] = int(value.split()[0])
    except (OSError, ValueError):
        pass
    return [found[k] for k in keys]


def family(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            children = [int(x) for x in f.read().split()]
    except OSError:
        children = []
    return [pid] + [x for c in children for x in family(c)]


class Sampler(threading.Thread):
    """The most anonymous memory of a family of processes, and the most shared memory of one of them."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.anonymous, self.shared, self.over = pid, 0, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.01):
            each = [status_kb(p, ("RssAnon", "RssShmem")) for p in family(self.pid)]
            self.anonymous = max(self.anonymous, sum(x[0] for x in each) * 1024)
            self.shared = max(self.shared, max(x[1] for x in each) * 1024)


class Run:
    """One run, measured. `code` is negative for a signal, None for a hang."""

    def __init__(self, spamloom, inputs, work, *options, sample=False, hang=HANG):
        self.out = os.path.join(work, "out")
        started = time.monotonic()
        process = subprocess.Popen(
            [spamloom, "run", "-q", "-s", os.path.join(work, "store"), "-o", self.out, "--as-of", CLOCK,
             *options, "--", *inputs], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(work, "stderr"), "wb"), start_new_session=True)
        sampler = Sampler(process.pid) if sample else None
        if sampler:
            sampler.start()
        hung = threading.Event()

        def end():
            hung.set()
            os.killpg(process.pid, signal.SIGKILL)
        timer = threading.Timer(hang, end)
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if sampler:
            sampler.over.set()
            sampler.join()
            self.memory = sampler.anonymous + sampler.shared
        else:
            self.memory = used.ru_maxrss * 1024  # of the largest process
        self.wall, self.cpu = time.monotonic() - started, used.ru_utime + used.ru_stime
        self.code = None if hung.is_set() else process.returncode
        with open(os.path.join(work, "stderr"), encoding="utf-8", errors="replace") as f:
            self.words = f.read().strip()
        self.bound = self.messages = 0
        self.rejects = []
        self.read_outputs()

    def read_outputs(self):
        try:
            with open(os.path.join(self.out, "run.json"), encoding="utf-8") as f:
                self.bound = json.load(f)["memory"]["bound"]
            with open(os.path.join(self.out, "rejects.jsonl"), encoding="utf-8") as f:
                self.rejects = [json.loads(x) for x in f]
        except (OSError, ValueError, KeyError):
            pass

    def faults(self, cpu):
        """What is wrong with it, in words."""
        found = []
        if self.code is None:
            found.append(f"hangs for more than {HANG} s")
        elif self.code < 0:
            found.append(f"dies of signal {-self.code}: {self.words[-300:]}")
        elif self.code not in CODES:
            found.append(f"exit {self.code}: {self.words[-300:]}")
        if cpu and self.cpu > cpu:
            found.append(f"{self.cpu:.2f} s of CPU, {cpu:g} s are allowed")
        if self.code in (0, 1) and not self.bound:
            found.append("no run.json with a bound of memory")
        if self.bound and self.memory > self.bound:
            found.append(f"{self.memory >> 20} MB, the bound is {self.bound >> 20} MB")
        found += [f"{r['reason']}: {r.get('detail')} ({r.get('entry') or r.get('archive')} at {r.get('offset')})"
                  for r in self.rejects if r["reason"] in CRASHES]
        return found


def tree(out):
    """name -> SHA-256 of all that the manifest lists, and the manifest"""
    with open(os.path.join(out, "MANIFEST.sha256"), encoding="utf-8") as f:
        names = [x.rstrip("\n").split("  ", 1)[1] for x in f]
    found = {}
    for name in names + ["MANIFEST.sha256"]:
        with open(os.path.join(out, name), "rb") as f:
            found[name] = hashlib.sha256(f.read()).hexdigest()
    return found


def one_run(spamloom, inputs, work):
    """The inputs in one run, in every way: the same bytes, in bounds."""
    faults, first = [], None
    ways = [(f"-j{jobs}", f"--isolation={isolation}") for isolation in ("process", "thread") for jobs in (2, 1)]
    for number, way in enumerate(ways):
        place = os.path.join(work, str(number))
        os.makedirs(place)
        run = Run(spamloom, inputs, place, *way, "--format", "all", sample=True, hang=1800)
        name = f"{os.path.basename(inputs[0].rstrip('/'))} {' '.join(way)}"
        faults += [f"{name}: {x}" for x in run.faults(None)]
        print(f"{name}: exit {run.code}, {run.wall:.1f} s, {run.cpu:.1f} s of CPU, {run.memory / 1048576:.0f} MB of "
              f"{run.bound / 1048576:.0f} MB, {len(run.rejects)} rejects", flush=True)
        if run.code not in (0, 1):
            continue
        now = tree(run.out)
        first = first or now
        faults += [f"{name}: {x} is not as with {' '.join(ways[0])}" for x in sorted(first.keys() | now.keys())
                   if first.get(x) != now.get(x)]
    return faults


def alone(spamloom, path):
    with tempfile.TemporaryDirectory(prefix="torture-") as work:
        return Run(spamloom, [path], work, "-j1")


def each(spamloom, folder, cpu, jobs, report):
    files = sorted(os.path.join(d, n) for d, _, names in os.walk(folder) for n in names)
    runs, faults = {}, []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for path, run in zip(files, pool.map(lambda p: alone(spamloom, p), files)):
            name = os.path.relpath(path, folder)
            runs[name] = run
            found = run.faults(cpu)
            faults += [f"{name}: {x}" for x in found]
            if found:
                print(f"{name}: {'; '.join(found)}", flush=True)
    if report:
        with open(report, "w", encoding="utf-8") as f:
            for name, run in runs.items():
                f.write(f"{name}\t{run.code}\t{run.cpu:.3f}\t{run.wall:.3f}\t{run.memory}\t{run.bound}\t"
                        f"{','.join(sorted({r['reason'] for r in run.rejects}))}\n")
    codes = {}
    for run in runs.values():
        codes[run.code] = codes.get(run.code, 0) + 1
    print(f"{len(files)} files alone; exit codes: " +
          ", ".join(f"{code}: {n}" for code, n in sorted(codes.items(), key=str)))
    table("CPU", runs, lambda r: r.cpu)
    table("memory", runs, lambda r: r.memory)
    if not files:
        faults.append(f"no file in {folder}")
    return faults


def table(what, runs, key):
    print(f"the ten worst by {what}:\n   CPU s   wall s       MB  exit  file")
    for name, run in sorted(runs.items(), key=lambda x: -key(x[1]))[:10]:
        print(f"{run.cpu:8.2f} {run.wall:8.2f} {run.memory / 1048576:8.1f} {run.code!s:>5}  {name}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("spamloom")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--cpu", type=float, default=5)
    parser.add_argument("--only", choices=("one", "each"))
    parser.add_argument("--archive")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--report", help="a row for each file goes here")
    args = parser.parse_args()
    if not args.folder or not os.path.isdir(args.folder):
        print("skipped: no folder of malformed files")
        return 77
    folder = args.folder.rstrip("/")
    spamloom, faults = os.path.abspath(args.spamloom), []
    archive = args.archive or folder + ".tar.xz"
    if args.only != "each":
        with tempfile.TemporaryDirectory(prefix="torture-") as work:
            faults += one_run(spamloom, [folder], work)
        if os.path.exists(archive):
            with tempfile.TemporaryDirectory(prefix="torture-") as work:
                faults += one_run(spamloom, [archive], work)
        else:
            print(f"skipped: the archive ({archive})")
    if args.only != "one":
        faults += each(spamloom, folder, args.cpu, args.jobs, args.report)
    for fault in faults:
        print("WRONG:", fault)
    print(f"{len(faults)} faults" if faults else "all is well")
    return 1 if faults else 0


sys.exit(main())
