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
import zipfile

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


BLOCK = 256 * 1024  # what is read at once, in both passes


def zipped(r):
    """The walk of a zip reads some blocks twice: more reads than the first pass needs."""
    with zipfile.ZipFile(r.path("a.zip"), "w") as z:
        for n in range(MAILS):
            z.writestr(zipfile.ZipInfo(f"{n}.eml", (2026, 11, 23, 0, 0, 0)), rig.mail(n, size=SIZE))
    return r.path("a.zip")


def failing_disks(r):
    """-> (isolation, archive, first read that fails, in the walk?); reads are counted in each thread. A cell has the
    walk alone and so counts it from 1, a thread counts both passes."""
    isolations = r.isolations()
    box = archive(r)
    blocks = os.path.getsize(box) // BLOCK
    for isolation in isolations:
        yield isolation, box, 3, False
    if "thread" in isolations:
        yield "thread", box, blocks + 6, True
    if "process" in isolations:
        packed = zipped(r)
        yield "process", packed, os.path.getsize(packed) // BLOCK + 3, True


def run_on_failing_disk(r, folder, inputs, isolation, when):
    trace = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-P", inputs[0], "-e", "trace=read,pread64", "-e",
             f"inject=read,pread64:error=EIO:when={when}+", "--", r.spamloom]
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # leak checking does not live with a tracer
    return r.run(folder, inputs, *SLOWLY, f"--isolation={isolation}", program=trace, env=env)


def case_23_disk_fails(r):
    """EIO from the middle on: that archive is skipped by name, the other one is read, and when the disk is well again
    nothing is missing and nothing is double."""
    if not shutil.which("strace"):
        rig.skip("no strace")
    other = r.write("b.mbox", rig.mbox(range(9000, 9040)))
    told = []
    for isolation, path, when, walking in failing_disks(r):
        r.forget("n")
        what = f"{isolation}: EIO from read {when} of {os.path.basename(path)} on"
        run = run_on_failing_disk(r, "n", [path, other], isolation, when).expect(1).says("Input/output error")
        need((b"cannot read the input" in run.err) == walking, f"{what} struck the wrong pass: {run.err}")
        need(len(run.messages()) >= 40, "the other archive was expected whole")
        need(run.json()["counts"]["unreadable"] == 1, "one unreadable input was expected in run.json")
        again = r.run("n", [path, other], *SLOWLY).expect(0).messages()
        r.forget("whole")
        whole = r.run("whole", [path, other], *SLOWLY).expect(0).messages()
        # two nights are not one: which mail founds a campaign may differ, what was seen may not
        seen = [{m: (x["sightings"], x["origin"]) for m, x in night.items()} for night in (again, whole)]
        need(seen[0] == seen[1], f"{what}: {len(again)} mails, {len(whole)} were expected")
        told.append(f"{isolation} {'walking' if walking else 'hashing'}")
    return ", ".join(told)


def case_23_twin_on_a_good_disk(r):
    """The disk of one copy fails; the other copy is read in the same run."""
    if not shutil.which("strace"):
        rig.skip("no strace")
    for isolation, path, when, _ in failing_disks(r):
        r.forget("n")
        copy = r.path("copy" + os.path.splitext(path)[1])
        shutil.copy(path, copy)
        run = run_on_failing_disk(r, "n", [path, copy], isolation, when).expect(1)
        need(len(run.messages()) == MAILS, f"{isolation}, read {when}: {len(run.messages())} of {MAILS} mails")
        twice = [m for m, x in run.messages().items() if x["sightings"] != 1]
        need(not twice, f"{isolation}, read {when}: {len(twice)} mails have more than one sighting")
        os.unlink(copy)


def case_23_disk_failure_names_the_archive(r):
    """Whose bytes could not be read is in the message, once, in the hash pass and in the walk."""
    if not shutil.which("strace"):
        rig.skip("no strace")
    for isolation, path, when, _ in failing_disks(r):
        r.forget("n")
        name = os.path.basename(path)
        run = run_on_failing_disk(r, "n", [path], isolation, when).expect(65).says(name, "Input/output error")
        line = [x for x in run.err.decode().split("\n") if "Input/output error" in x]
        need(len(line) == 1 and line[0].count(name) == 1, f"{name} was expected once: {run.err}")


sys.exit(rig.main(globals()))
