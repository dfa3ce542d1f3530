#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 23: what exactly-once demands of an archive that changes while it is read.

usage: case_23_exactly_once.py SPAMLOOM [CASE...]
"""
import os
import signal
import sys

import rig
from rig import need

MAILS, SIZE = 2400, 1500
SLOWLY = ("-j1", "--readers=1", "--slab=64K")


def rewrite(path, data):
    """Other bytes from the first third on, the same inode and size."""
    third = len(data) // 3 // 100 * 100
    with open(path, "r+b") as f:
        f.seek(third)
        f.write(rig.mbox(range(20000, 20000 + MAILS), salt="changed", size=SIZE)[:len(data) - third])


def stop_in_walk(r, inputs, at, size):
    run = r.start("n", inputs, *SLOWLY)
    rig.wait_until("the walk", lambda: rig.bytes_read(run.family()) > at * size or run.p.poll() is not None)
    run.stop()
    need(run.p.poll() is None, "the run was over too early")
    return run


def seen(run):
    return {m: x["sightings"] for m, x in run.messages().items()}


def want_of(r, inputs):
    r.forget("fresh")
    return seen(r.run("fresh", inputs, *SLOWLY).expect(0, 1))


def case_23_twin_is_read_in_the_same_run(r):
    """a.mbox changes while it is read; t.mbox holds the bytes that were hashed and never changes."""
    data = rig.mbox(range(MAILS), size=SIZE)
    for order in (0, 1):
        r.forget("n")
        a, t = r.write("a.mbox", data), r.write("t.mbox", data)
        # the one that is read is the first; the twin may come behind it
        inputs = [a, t] if order == 0 else [t, a]
        run = stop_in_walk(r, inputs, 1.1, len(data))
        rewrite(inputs[0], data)
        run.go_on()
        run.end().expect(1).says("changed-while-read")
        lost = set(want_of(r, [inputs[1]])) - set(run.messages())
        need(not lost, f"{len(lost)} of {MAILS} mails of the unchanged twin are not in this night")


def killed_behind_the_change(r, data):
    a = r.write("a.mbox", data)
    run = stop_in_walk(r, [a], 1.1, len(data))
    rewrite(a, data)
    run.go_on()
    rig.wait_until("the end of the walk", lambda: rig.bytes_read(run.family()) > 1.9 * len(data)
                   or run.p.poll() is not None)
    if run.p.poll() is None:  # a program that sees the change at once is done by now
        run.p.kill()
    run.end().expect(-signal.SIGKILL, 1)
    return a


def case_23_killed_then_the_hashed_bytes_come_back(r):
    """Done ranges of what was hashed must not stand for what was read."""
    data = rig.mbox(range(MAILS), size=SIZE)
    killed_behind_the_change(r, data)
    t = r.write("t.mbox", data)
    got = r.run("n", [t], *SLOWLY).expect(0, 1)
    lost = set(want_of(r, [t])) - set(got.messages())
    need(not lost, f"{len(lost)} of {MAILS} mails of t.mbox were taken for done")


def case_23_killed_then_nothing_is_double(r):
    """Every mail of the two files once, with the sightings that a store without the accident has."""
    data = rig.mbox(range(MAILS), size=SIZE)
    a = killed_behind_the_change(r, data)
    t = r.write("t.mbox", data)
    got = seen(r.run("n", [a, t], *SLOWLY).expect(0, 1))
    want = want_of(r, [a, t])
    extra = {m: n for m, n in got.items() if want.get(m) != n}
    need(got == want, f"{len(extra)} mails have sightings that are in no file; {len(set(want) - set(got))} are lost")


def case_23_not_killed_and_nothing_is_double(r):
    """The same without the kill."""
    data = rig.mbox(range(MAILS), size=SIZE)
    a = r.write("a.mbox", data)
    run = stop_in_walk(r, [a], 1.1, len(data))
    rewrite(a, data)
    run.go_on()
    run.end().expect(1).says("changed-while-read")
    t = r.write("t.mbox", data)
    got, want = seen(r.run("n", [a, t], *SLOWLY).expect(0, 1)), want_of(r, [a, t])
    extra = [m for m, n in got.items() if want.get(m) != n]
    need(got == want, f"{len(extra)} mails have sightings that are in no file; {len(set(want) - set(got))} are lost")


sys.exit(rig.main(globals()))
