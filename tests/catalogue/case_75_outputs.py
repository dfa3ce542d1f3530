#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 75: an output folder that cannot be written: read-only, missing, a file in its place, full at every 64 KB,
over a quota, on another file system, with an old file that must not change.

usage: case_75_outputs.py SPAMLOOM [CASE...]

Always: exit 73 with the name of what failed, the outputs of the night before as they were, and when the fault is
gone the same command leaves the outputs of a run that was never disturbed.
"""
import contextlib
import os
import resource
import subprocess
import sys

import rig
from rig import need

CANNOT = 73
OPTIONS = ("-j1", "--all", "--sha256=all")
STEP = 64 * 1024
KB = 1024


def call(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


@contextlib.contextmanager
def done_with(made, *undo):
    if not made:
        rig.skip("not permitted here, or not on this file system")
    try:
        yield
    finally:
        call(*undo)


def mounted(folder, *options):
    return done_with(os.geteuid() == 0 and call("mount", "-t", "tmpfs", *options, "none", folder), "umount", folder)


class Nights:
    """The outputs of one night, input for the second one, and what both should give."""

    def __init__(self, r, old_out=None, mails=60):
        self.r = r
        self.inputs = [r.write("first.mbox", rig.mbox(range(mails), size=3000))]
        if old_out:
            os.makedirs(r.path("n"), exist_ok=True)
            os.symlink(old_out, r.path("n", "out"))
        self.old = r.run("n", self.inputs, *OPTIONS).expect(0).tree()
        r.run("truth", self.inputs, *OPTIONS).expect(0)
        self.inputs.append(r.write("second.mbox", rig.mbox(range(mails, 2 * mails), size=3000)))
        self.new = r.run("truth", self.inputs, *OPTIONS).expect(0).tree()
        need(len(self.new) > 8 and "MANIFEST.sha256" in self.new, f"outputs were expected: {sorted(self.new)}")

    def fails(self, *words, **popen):
        run = self.r.run("n", self.inputs, *OPTIONS, **popen).expect(CANNOT).says(*words)
        self.r.same(run, self.old, "the outputs of the night before")

    def heals(self):
        self.r.same(self.r.run("n", self.inputs, *OPTIONS).expect(0), self.new, "the next run")


def case_75_read_only(r):
    nights = Nights(r)
    out = r.path("n", "out")
    if os.geteuid() == 0:
        bound = done_with(call("mount", "--bind", out, out) and call("mount", "-o", "remount,bind,ro", out), "umount",
                          out)
    else:
        os.chmod(out, 0o555)
        bound = done_with(True, "chmod", "755", out)
    with bound:
        nights.fails("n/out")
    nights.heals()


def case_75_no_right_to_make(r):
    nights = Nights(r)
    if os.geteuid() == 0:
        rig.skip("root may")
    os.makedirs(r.path("closed"))
    os.chmod(r.path("closed"), 0o555)
    run = r.run("n", nights.inputs, *OPTIONS, "-o", r.path("closed", "out"))
    run.expect(CANNOT).says("closed/out")
    nights.heals()


def case_75_missing(r):
    """It is made, with the folders above it."""
    nights = Nights(r)
    r.run("n", nights.inputs, *OPTIONS, "-o", r.path("n", "far", "below", "out")).expect(0)
    need(not rig.differing(rig.read_tree(r.path("n", "far", "below", "out")), nights.new), "outputs in a new folder")


def case_75_file_in_its_place(r):
    nights = Nights(r)
    file = r.write("file", b"mine\n")
    for path in (file, os.path.join(file, "below")):
        r.run("n", nights.inputs, *OPTIONS, "-o", path).expect(CANNOT).says("file")
    with open(file, "rb") as f:
        need(f.read() == b"mine\n", "the file in the folder's place was changed")
    nights.heals()


def case_75_folder_in_a_files_place(r):
    nights = Nights(r)
    os.rename(r.path("n", "out", "messages.jsonl"), r.path("kept"))
    os.mkdir(r.path("n", "out", "messages.jsonl"))
    nights.old.pop("messages.jsonl")
    nights.fails("messages.jsonl")
    os.rmdir(r.path("n", "out", "messages.jsonl"))
    nights.heals()


def case_75_full(r):
    """A file system of its own with 64 KB more room each time, until the run comes to its end."""
    disk = r.path("disk")
    os.mkdir(disk)
    with mounted(disk, "-o", "size=16M"):
        os.mkdir(f"{disk}/out")
        nights = Nights(r, f"{disk}/out", 100)
        used = sum(os.stat(os.path.join(where, n)).st_blocks * 512 for where, _, names in os.walk(disk) for n in names)
        sizes = [used + STEP * (i + 1) for i in range(64)]
        for tried, size in enumerate(sizes):
            need(call("mount", "-o", f"remount,size={size}", disk), "the file system could not be made smaller")
            run = r.run("n", nights.inputs, *OPTIONS).expect(0, CANNOT)
            if run.code == 0:
                break
            run.says("No space left")
            r.same(run, nights.old, f"{size // KB} KB, the outputs of the night before")
        need(0 < tried < len(sizes) - 1, f"full {tried} times")
        r.same(run, nights.new, "the run that had room")
        call("mount", "-o", "remount,size=16M", disk)
        nights.heals()
    return f"full at {tried} sizes, {STEP // KB} KB apart"


def case_75_file_size_limit(r):
    """As a full disk, for those who are not root: no file larger than so many KB (EFBIG)."""
    nights = Nights(r, mails=100)
    store = max(os.path.getsize(r.path(n, "store", "data.mdb")) for n in ("n", "truth"))
    largest = max(len(b) for b in nights.new.values())
    need(largest > STEP, "an output of more than 64 KB was expected")
    tried = 0
    for limit in range(STEP, largest, STEP):
        if limit > store:
            break
        r.forget("whole")

        def small(limit=limit):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        feed = subprocess.run([r.spamloom, "feed", "-s", r.path("truth", "store"), "-o", r.path("n", "out"), "--as-of",
                               rig.CLOCK, "--format=messages", "--all", "--sha256=all"], preexec_fn=small,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        need(feed.returncode == CANNOT and b"File too large" in feed.stderr,
             f"{limit // KB} KB: exit {feed.returncode}, {feed.stderr!r}")
        need(not rig.differing(rig.read_tree(r.path("n", "out")), nights.old), f"{limit // KB} KB: old outputs changed")
        tried += 1
    nights.heals()
    return f"{tried} limits"


def case_75_quota(r):
    """EDQUOT from each write to the outputs in turn."""
    inject = os.path.join(os.path.dirname(r.spamloom), "tests", "inject")
    if not os.path.exists(inject):
        rig.skip("no tests/inject beside the program")
    nights = Nights(r, mails=20)
    # the first writes go to the store's lock file and to the log
    tried = fired = 0
    while tried == fired and tried < 40:
        env = {**os.environ, "G_SLICE": "always-malloc"}
        program = [inject, "1", "122", f"{tried + 2}", "--", r.spamloom]
        run = r.run("n", nights.inputs, *OPTIONS, program=program, env=env)
        if run.code == 77:
            rig.skip("tracing is not possible here")
        tried += 1
        if run.code == CANNOT:
            fired += 1
            run.says("Disk quota exceeded")
            if b"run.json" not in run.err:
                r.same(run, nights.old, f"write {tried + 1}: the outputs of the night before")
    run.expect(0)
    need(fired > 5, f"{fired} writes failed")
    r.same(run, nights.new, "the run that nothing disturbed")
    return f"{fired} writes"


def case_75_other_file_system(r):
    """A folder below OUT that lies on another file system is no hindrance: nothing is renamed across."""
    disk = r.path("disk")
    os.mkdir(disk)
    with mounted(disk, "-o", "size=16M"):
        nights = Nights(r)
        lists = r.path("n", "out", "lists")
        for name in os.listdir(lists):
            os.unlink(os.path.join(lists, name))
        os.rmdir(lists)
        os.symlink(disk, lists)
        run = r.run("n", nights.inputs, *OPTIONS).expect(0)
        got = {**run.tree(), **{f"lists/{n}": b for n, b in rig.read_tree(disk).items()}}
        need(not rig.differing(got, nights.new), "outputs over two file systems")


def case_75_immutable_old_file(r):
    nights = Nights(r)
    for name in ("indicators.csv", "messages.jsonl", "MANIFEST.sha256"):
        path = r.path("n", "out", name)
        with done_with(os.geteuid() == 0 and call("chattr", "+i", path), "chattr", "-i", path):
            nights.fails(name, "not permitted")
    nights.heals()


sys.exit(rig.main(globals()))
