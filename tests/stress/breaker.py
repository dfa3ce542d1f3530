#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Archives that are mostly poison, and archives that kill their reader: they are set aside, the night goes on.

usage: breaker.py SPAMLOOM-MOCK
"""
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time


def need(ok, text):
    if not ok:
        print(f"FAILED: {text}")
        sys.exit(1)


def mail(number, poison):
    mock = "X-Mock: crash\n" if poison else ""
    return (f"From: Kestrel Bank <notice@sender{number % 5}.example>\nSubject: number {number % 5}\n{mock}\n"
            f"Go to http://link{number}.kestrel.example/ today.\n").encode()


def make(path, entries):
    """entries: (name, [mail bytes])"""
    with tarfile.open(path, "w") as tar:
        for name, mails in entries:
            box = b"".join(b"From a@sender.example Mon Nov 23 00:00:00 2026\n" + m + b"\n" for m in mails)
            info = tarfile.TarInfo(name)
            info.size = len(box)
            tar.addfile(info, io.BytesIO(box))


class Rig:
    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.work = tempfile.mkdtemp(prefix="breaker-")

    def command(self, name, archives, jobs, *more):
        return [self.program, "run", "-q", f"-j{jobs}", "-s", f"{self.work}/{name}/store", "-o",
                f"{self.work}/{name}/out", "--as-of", "2026-12-01", "--format=all", *more, *archives]

    def run(self, name, archives, jobs, *more):
        done = subprocess.run(self.command(name, archives, jobs, *more), capture_output=True, timeout=600, check=False)
        need(done.returncode == 1, f"{name}: exit {done.returncode}: {done.stderr.decode()[-500:]}")
        return self.manifest(name)

    def manifest(self, name):
        with open(f"{self.work}/{name}/out/MANIFEST.sha256", "rb") as f:
            return f.read()

    def lines(self, name, file):
        with open(f"{self.work}/{name}/out/{file}", encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def per_archive(self, name):
        counts = {}
        for m in self.lines(name, "messages.jsonl"):
            archive = m["origin"]["archive"]
            counts[archive] = counts.get(archive, 0) + 1
        return counts

    def reasons(self, name):
        counts = {}
        for r in self.lines(name, "rejects.jsonl"):
            counts[(r["archive"], r["reason"])] = counts.get((r["archive"], r["reason"]), 0) + 1
        return counts


def in_a_row(rig):
    bad, good = f"{rig.work}/bad.tar", f"{rig.work}/good.tar"
    make(bad, [("one", [mail(n, True) for n in range(300)]), ("two", [mail(n, False) for n in range(300, 400)])])
    make(good, [("one", [mail(n, False) for n in range(1000, 1150)])])
    first = rig.run("row2", [bad, good], 2)
    need(rig.per_archive("row2") == {"bad.tar": 50, "good.tar": 150}, f"messages: {rig.per_archive('row2')}")
    need(rig.reasons("row2") == {("bad.tar", "crashed"): 50, ("bad.tar", "set-aside"): 1}, f"{rig.reasons('row2')}")
    need(rig.run("row1", [good, bad], 1) == first, "-j1 and -j2 set aside at different places")
    before = os.stat(f"{rig.work}/row2/store/quarantine")
    need(rig.run("row2", [bad, good], 2) == first, "the same archives again change something")
    need(os.stat(f"{rig.work}/row2/store/quarantine").st_mtime_ns == before.st_mtime_ns, "it was read again")
    need(rig.run("row2", [bad, good], 2, "--again") == first, "--again changes something")


def by_share(rig):
    """One in ten: after 55 crashes in 550 messages it is more than 50 and one in a hundred."""
    bad = f"{rig.work}/tenth.tar"
    make(bad, [("box", [mail(n, n % 10 == 9) for n in range(1500)])])
    first = rig.run("share2", [bad], 2)
    need(rig.per_archive("share2") == {"tenth.tar": 560}, f"messages: {rig.per_archive('share2')}")
    need(rig.run("share1", [bad], 1) == first, "-j1 and -j2 set aside at different places")
    process = subprocess.Popen(rig.command("killed", [bad], 2), stderr=subprocess.DEVNULL)
    for _ in range(3):
        time.sleep(0.25)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = subprocess.Popen(rig.command("killed", [bad], 2), stderr=subprocess.DEVNULL)
    need(process.wait(600) == 1, "after kills")
    need(rig.manifest("killed") == first, "kills move the place where it is set aside")


def a_reader_dies(rig):
    for word in ("mock-reader-crash", "mock-reader-open"):
        bad, good = f"{rig.work}/{word}.tar", f"{rig.work}/good.tar"
        make(bad, [("one", [mail(n, False) for n in range(300)]), (word, [mail(300, False)]),
                   ("three", [mail(n, False) for n in range(301, 400)])])
        first = rig.run(word + "2", [bad, good], 2)
        need(rig.per_archive(word + "2") == {f"{word}.tar": 300, "good.tar": 150}, f"{rig.per_archive(word + '2')}")
        need(rig.reasons(word + "2") == {(f"{word}.tar", "reader-crashed"): 1}, f"{rig.reasons(word + '2')}")
        detail = [r["detail"] for r in rig.lines(word + "2", "rejects.jsonl")][0]
        want = "(openat)" if word.endswith("open") else "signal 11"
        need(want in detail, f"the cause is {detail!r}")
        need(rig.run(word + "1", [good, bad], 1) == first, "-j1 and -j2 differ")


def main():
    rig = Rig(sys.argv[1])
    try:
        for case in (in_a_row, by_share, a_reader_dies):
            case(rig)
            print(f"case_80_{case.__name__}: good")
    finally:
        shutil.rmtree(rig.work, ignore_errors=True)


main()
