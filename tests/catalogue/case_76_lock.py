#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 76: two runs over one store, the death of the one that holds it, a store that cannot be locked, a copied store.

usage: case_76_lock.py SPAMLOOM [CASE...]
"""
import os
import shutil
import signal
import subprocess
import sys
import time

import rig
from rig import need


def held_run(r, inputs):
    """A run that is stopped while it holds the lock."""
    store = r.path("n", "store")
    run = r.start("n", inputs, "-j1", "--readers=1", "--slab=64K")
    rig.wait_until("the walk", lambda: rig.bytes_read(run.family()) > 1.1 * os.path.getsize(inputs[0])
                   or run.p.poll() is not None)
    run.stop()
    need(run.p.poll() is None and os.path.isdir(store), "the first run was over too early")
    return run


def case_76_two_runs(r):
    """The second one ends at once with 75 and names the first; the first loses nothing."""
    path = r.write("a.mbox", rig.mbox(range(800), size=2000))
    whole = r.run("whole", [path]).expect(0).tree()
    first = held_run(r, [path])
    started = time.monotonic()
    r.run("n", [path]).expect(75).says(str(first.p.pid))
    waited = time.monotonic() - started
    need(waited < 5, f"the second run took {waited:.1f} s to find out")
    need(not os.path.exists(r.path("n", "out", "MANIFEST.sha256")), "the second run wrote outputs")
    first.go_on()
    r.same(first.end().expect(0), whole, "the first run")
    return f"75 after {waited:.2f} s"


def case_76_holder_killed(r):
    """kill -9 frees the lock at once, whatever children it had."""
    path = r.write("a.mbox", rig.mbox(range(800), size=2000))
    whole = r.run("whole", [path]).expect(0).tree()
    first = held_run(r, [path])
    os.kill(first.p.pid, signal.SIGKILL)
    first.p.wait()
    r.same(r.run("n", [path]).expect(0), whole, "after the holder was killed")
    first.p.stderr.close()


def case_76_read_only_file_system(r):
    """A store that exists, on a file system that cannot be written: a clear end, and reading still works."""
    path = r.write("a.eml", rig.mail(1))
    r.run("n", [path]).expect(0)
    r.run("n", [path], "--rehash").expect(0)
    if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        rig.skip("unshare -m is not allowed here")
    store = r.path("n", "store")
    inside = f"mount --bind '{store}' '{store}' && mount -o remount,bind,ro '{store}' && exec \"$@\""
    program = ["unshare", "-m", "sh", "-c", inside, "sh", r.spamloom]
    done = r.run("n", [path], program=program).expect(73, 74)
    need("store" in done.err.decode() and "Read-only" in done.err.decode(), f"it said: {done.err.decode()}")
    listed = subprocess.run([*program[:-1], r.spamloom, "campaigns", "--all", "-s", store], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, check=False)
    need(listed.returncode == 0 and b"account" in listed.stdout,
         f"campaigns from a read-only store: exit {listed.returncode}, {listed.stderr.decode()}")


def case_76_store_copied(r):
    """A copy is a store of its own: both go on, neither locks the other, same nights give same bytes."""
    a, b = r.write("a.mbox", rig.mbox(range(60))), r.write("b.mbox", rig.mbox(range(60, 130)))
    r.run("n", [a]).expect(0)
    shutil.copytree(r.path("n"), r.path("copy"))
    held = r.start("n", [b])
    copied = r.run("copy", [b]).expect(0)
    held.end().expect(0)
    r.same(copied, held.tree(), "the copy")


sys.exit(rig.main(globals()))
