#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 23: an archive grows, shrinks, is replaced or removed while it is read, or its disk fails half-way.

usage: case_23_changing.py SPAMLOOM [CASE...]

The file is hashed in a first pass and walked in a second one. The run is stopped with SIGSTOP when it has asked
the system for more bytes than the first pass needs, so the change always falls into the walk.
"""
import os
import shutil
import sys

import rig
from rig import need

MAILS, SIZE = 1000, 3000
SLOWLY = ("-j1", "--readers=1", "--slab=64K")  # the reader is never far ahead of the committer


def archive(r):
    return r.write("a.mbox", rig.mbox(range(MAILS), size=SIZE))


def change_while_read(r, inputs, change, at=1.4):
    """Run over inputs[0] (and more); call change() when the walk has read `at` - 1 of it."""
    size = os.path.getsize(inputs[0])
    run = r.start("n", inputs, *SLOWLY)
    rig.wait_until("the walk", lambda: rig.bytes_read(run.family()) > at * size or run.p.poll() is not None)
    run.stop()
    need(run.p.poll() is None, "the run was over before the file could be changed")
    change()
    run.go_on()
    return run


def nothing_lost(r, run, path, what):
    """All mails of the file as it is now are there, and not twice."""
    fresh = r.run("fresh", [path], *SLOWLY).expect(0)
    got, want = run.messages(), fresh.messages()
    lost = [m for m in want if m not in got]
    need(not lost, f"{what}: {len(lost)} of {len(want)} mails were lost")
    return len(want)


def case_23_grows(r):
    path = archive(r)
    before = len(rig.mbox(range(MAILS), size=SIZE))

    def grow():
        with open(path, "ab") as f:
            f.write(rig.mbox(range(MAILS, MAILS + 200), size=SIZE))
    run = change_while_read(r, [path], grow).end().expect(1).says("a.mbox", "changed-while-read")
    need(os.path.getsize(path) > before, "the file did not grow")
    again = r.run("n", [path], *SLOWLY).expect(0, 1)
    n = nothing_lost(r, again, path, "after growing")
    need(n == MAILS + 200, f"{n} mails in the grown file")
    return f"first night exit {run.code}, second night has all {n}"


def case_23_cut(r):
    path = archive(r)
    change_while_read(r, [path], lambda: os.truncate(path, os.path.getsize(path) // 2)).end().expect(1).says(
        "a.mbox", "changed-while-read")
    again = r.run("n", [path], *SLOWLY).expect(0, 1)
    n = nothing_lost(r, again, path, "after cutting")
    need(n < MAILS, "the file was not cut")


def case_23_cut_to_nothing(r):
    path = archive(r)
    change_while_read(r, [path], lambda: os.truncate(path, 0)).end().expect(1).says("changed-while-read")
    r.run("n", [path], *SLOWLY).expect(0, 1)


def case_23_replaced(r):
    """The open file is the old one, whole; the new one under its name is read next night."""
    path = archive(r)

    def replace():
        r.write("new", rig.mbox(range(5000, 5100), salt="new", size=SIZE))
        os.rename(r.path("new"), path)
    first = change_while_read(r, [path], replace).end().expect(0, 1)
    need(len(first.messages()) == MAILS, f"{len(first.messages())} of {MAILS} mails of the old file")
    again = r.run("n", [path], *SLOWLY).expect(0, 1)
    nothing_lost(r, again, path, "after replacing")
    need(len(again.messages()) == MAILS + 100, "old and new mails were expected")


def case_23_removed(r):
    path = archive(r)
    first = change_while_read(r, [path], lambda: os.unlink(path)).end().expect(0, 1)
    need(len(first.messages()) == MAILS, f"{len(first.messages())} of {MAILS} mails of the removed file")
    r.run("n", [path], *SLOWLY).expect(66).says("a.mbox")


def case_23_disk_fails(r):
    """EIO from the middle of the walk on: that archive is skipped by name, the other one is read, and when the
    disk is well again nothing is missing and nothing is double."""
    if not shutil.which("strace"):
        rig.skip("no strace")
    path, other = archive(r), r.write("b.mbox", rig.mbox(range(9000, 9040)))
    size = os.path.getsize(path)
    for when in (3, size // (256 * 1024) + 6):
        r.forget("n")
        trace = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-P", path, "-e", "trace=read,pread64", "-e",
                 f"inject=read,pread64:error=EIO:when={when}+", "--", r.spamloom]
        run = r.run("n", [path, other], *SLOWLY, program=trace).expect(1).says("Input/output error")
        need(len(run.messages()) >= 40, "the other archive was expected whole")
        need(run.json()["counts"]["unreadable"] == 1, "one unreadable input was expected in run.json")
        again = r.run("n", [path, other], *SLOWLY).expect(0).messages()
        r.forget("whole")
        whole = r.run("whole", [path, other], *SLOWLY).expect(0).messages()
        # two nights are not one: which mail founds a campaign may differ, what was seen may not
        seen = [{m: (x["sightings"], x["origin"]) for m, x in night.items()} for night in (again, whole)]
        need(seen[0] == seen[1], f"EIO from read {when} on: {len(again)} mails, {len(whole)} were expected")
    return "EIO while hashing and while walking"


def pending_23_disk_failure_names_the_archive(r):
    """Whose bytes could not be read is in the message, in the hash pass and in the walk."""
    if not shutil.which("strace"):
        rig.skip("no strace")
    path = archive(r)
    for when in (3, os.path.getsize(path) // (256 * 1024) + 6):
        trace = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-P", path, "-e", "trace=read,pread64", "-e",
                 f"inject=read,pread64:error=EIO:when={when}+", "--", r.spamloom]
        r.run(f"n{when}", [path], *SLOWLY, program=trace).expect(65).says("a.mbox", "Input/output error")


sys.exit(rig.main(globals()))
