#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 77: clocks that are wrong or jump, time zones, the night of the change to summer time.

usage: case_77_clock.py SPAMLOOM [CASE...]

Outputs are a function of --as-of; deadlines run on the monotonic clock. faketime (Debian package of that name)
moves the wall clock; the monotonic clock is left alone, as in a machine whose clock is set.
"""
import glob
import os
import subprocess
import sys
import time

import rig
from rig import need


def preload():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1") + glob.glob("/usr/lib/faketime/libfaketime.so.1")
    if not found:
        rig.skip("faketime is not installed")
    return found[0]


def environment(**more):
    return {**os.environ, **more}


def faked(text, **more):
    return environment(LD_PRELOAD=preload(), FAKETIME=text, FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1",
                       FAKETIME_NO_CACHE="1", **more)


def inputs(r):
    return [r.write("a.mbox", rig.mbox(range(150)))]


def case_77_wrong_clocks(r):
    paths = inputs(r)
    want = r.run("whole", paths).expect(0).tree()
    clocks = ("-365d", "+10y", "@1970-01-01 00:00:01", "@2038-01-19 03:14:07", "@2026-03-29 01:59:59")
    for n, clock in enumerate(clocks):
        r.same(r.run(f"n{n}", paths, env=faked(clock)).expect(0), want, f"clock {clock}")
    return f"{len(clocks)} clocks"


def case_77_clock_goes_back_between_nights(r):
    """The second night's wall clock is a year before the first one's; --as-of goes on."""
    paths = inputs(r)
    more = [r.write("b.mbox", rig.mbox(range(150, 200)))]
    r.run("whole", paths).expect(0)
    want = r.run("whole", more).expect(0).tree()
    r.run("n", paths).expect(0)
    r.same(r.run("n", more, env=faked("-365d")).expect(0), want, "a year back")


def case_77_jumps_in_mid_run(r):
    """The wall clock jumps 10 years and back again, several times, while mails are read: nothing times out."""
    path = r.write("a.mbox", rig.mbox(range(900), size=2500))
    # libfaketime opens its file at each look at the clock: in a cell that is the end of it
    options = ("-j1", "--readers=1", "--slab=64K", "--isolation=thread")
    want = r.run("whole", [path], *options).expect(0).tree()
    clock = r.write("clock", b"+0\n")
    env = faked("", FAKETIME_TIMESTAMP_FILE=clock)
    del env["FAKETIME"]
    env["NO_FAKE_STAT"] = "1"  # or the input's own times jump, too: a changed file
    run = r.start("n", [path], *options, env=env)
    jumps = 0
    while run.p.poll() is None:
        for text in (b"+10y\n", b"-1y\n"):
            with open(clock, "wb") as f:
                f.write(text)
            jumps += 1
            time.sleep(0.02)
    r.same(run.end().expect(0), want, "jumps")
    times = run.json()
    need(0 <= times["total_ms"] < 60000, f"total_ms is {times['total_ms']}: not from the monotonic clock")
    return f"{jumps} jumps, total_ms {times['total_ms']}"


def case_77_time_zones(r):
    """Zones, and an as-of in the hour that does not exist and in the one that comes twice."""
    paths = inputs(r)
    for moment in ("2026-03-29T01:30:00Z", "2026-10-25T01:30:00Z"):
        want = None
        for n, zone in enumerate(("UTC0", "Europe/Berlin", "Asia/Tokyo", "America/St_Johns", "XXX-25:59:59", ":/none")):
            folder = f"{moment[:7]}-{n}"
            got = r.run(folder, paths, f"--as-of={moment}", env=environment(TZ=zone)).expect(0)
            want = want or got.tree()
            r.same(got, want, f"TZ={zone} at {moment}")


def case_77_clock_without_as_of(r):
    """SOURCE_DATE_EPOCH is the clock when --as-of is not given; the wall clock only when neither is."""
    paths = inputs(r)

    def run(folder, env):
        os.makedirs(r.path(folder))
        command = [x for x in r.command(folder, paths) if x not in ("--as-of", rig.CLOCK)]
        done = subprocess.run(command, env=env, stderr=subprocess.PIPE, check=False)
        need(done.returncode == 0, done.stderr.decode())
        return rig.read_tree(r.path(folder, "out"))
    one = run("one", environment(SOURCE_DATE_EPOCH="1796083200"))
    two = run("two", faked("+10y", SOURCE_DATE_EPOCH="1796083200"))
    need(not rig.differing(one, two), f"these follow the wall clock: {rig.differing(one, two)}")
    r.same(r.run("as-of", paths).expect(0), one, "--as-of of the same moment")


sys.exit(rig.main(globals()))
