#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 81: kill -9 of each kind of process, found by its name among the descendants of the run.

usage: case_81_kill_kinds.py SPAMLOOM [CASE...]

spamloom is the engine; sl-zygote, sl-worker and sl-reader descend from it when mails are parsed in processes of
their own. Whoever dies: no process stays behind, the lock is free, and the next run comes to the bytes of an
undisturbed one. A worker that dies costs at most the mail in hand, which is tried again.
"""
import os
import signal
import subprocess
import sys
import time

import rig
from rig import need

SLOWLY = ("-j2", "--readers=1", "--slab=64K")
MAILS, SIZE = 800, 2500


def in_the_walk(r, path, folder, isolation, kind="engine", at=1.1):
    """Stopped in the walk, with a process of that kind alive: a worker's cell is made for its first batch."""
    run = r.start(folder, [path], *SLOWLY, f"--isolation={isolation}")
    rig.wait_until("the walk", lambda: (rig.bytes_read(run.family()) > at * os.path.getsize(path)
                                        and kind in by_kind(run)) or run.p.poll() is not None)
    run.stop()
    need(run.p.poll() is None, "the run was over too early")
    return run


def by_kind(run):
    """Name -> pids; the engine is the first process, whatever it is called."""
    kinds = {}
    for pid in run.family():
        kinds.setdefault("engine" if pid == run.p.pid else rig.name_of(pid), []).append(pid)
    return kinds


def kinds_of(r, path, isolation):
    run = in_the_walk(r, path, "kinds", isolation, "sl-worker" if isolation == "process" else "engine")
    kinds = sorted(by_kind(run))
    for pid in reversed(run.family()):
        os.kill(pid, signal.SIGKILL)
    run.end()
    r.forget("kinds")
    return kinds


def nobody_left(pids, what):
    rig.wait_until(f"the end of every process after the {what} was killed",
                   lambda: not any(map(rig.is_alive, pids)), seconds=10)


def kill_one(r, path, want, isolation, kind):
    run = in_the_walk(r, path, "n", isolation, kind)
    pids = run.family()
    victim = by_kind(run)[kind][0]
    os.kill(victim, signal.SIGKILL)
    run.go_on()
    run.end()
    nobody_left(pids, kind)
    if kind == "engine":
        need(run.code == -signal.SIGKILL, f"exit {run.code}")
    elif kind == "sl-worker":
        # the mail in hand is tried again, so nothing is lost and nothing is held against it
        r.same(run.expect(0), want, "after a worker was killed")
    elif kind == "sl-zygote":
        run.expect(70)
    else:
        run.expect(0, 1, 70)
    again = r.run("n", [path], *SLOWLY, f"--isolation={isolation}").expect(0)
    r.same(again, want, f"after the {kind} was killed")
    r.forget("n")
    return run.code


def case_81_kill_each_kind(r):
    path = r.write("a.mbox", rig.mbox(range(MAILS), size=SIZE))
    want = r.run("whole", [path], *SLOWLY).expect(0).tree()
    told = []
    for isolation in r.isolations():
        for kind in kinds_of(r, path, isolation):
            told.append(f"{isolation}/{kind}: exit {kill_one(r, path, want, isolation, kind)}")
    return ", ".join(told)


def case_81_engine_killed_leaves_no_orphan(r):
    """Also while everything stands still: the children notice when they wake up."""
    path = r.write("a.mbox", rig.mbox(range(MAILS), size=SIZE))
    for isolation in r.isolations():
        run = in_the_walk(r, path, f"n-{isolation}", isolation)
        pids = run.family()
        os.kill(run.p.pid, signal.SIGKILL)
        run.p.wait()
        time.sleep(0.2)
        for pid in pids[1:]:
            if rig.is_alive(pid):
                os.kill(pid, signal.SIGCONT)
        nobody_left(pids, "engine")
        run.p.stderr.close()
        done = subprocess.run([r.spamloom, "check", "-s", r.path(f"n-{isolation}", "store")], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        need(done.returncode == 0, f"check of the store: exit {done.returncode}: {done.stdout.decode()[-500:]}")


sys.exit(rig.main(globals()))
