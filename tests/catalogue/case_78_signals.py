#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 78, signals: ends that are asked for, processes that stand still, what a parent leaves behind.

usage: case_78_signals.py SPAMLOOM [CASE...]
"""
import os
import signal
import subprocess
import sys
import time

import rig
from rig import need

SLOWLY = ("-j1", "--readers=1", "--slab=64K")
MAILS, SIZE = 900, 2500


def archive(r):
    return r.write("a.mbox", rig.mbox(range(MAILS), size=SIZE))


def in_the_walk(r, path, folder, *options, at=1.1, **popen):
    run = r.start(folder, [path], *SLOWLY, *options, **popen)
    rig.wait_until("the walk", lambda: rig.bytes_read(run.family()) > at * os.path.getsize(path)
                   or run.p.poll() is not None)
    return run


def finish(r, path, folder, want, what):
    r.same(r.run(folder, [path], *SLOWLY).expect(0), want, what)


def nobody_left(pids, what):
    rig.wait_until(f"the end of every process ({what})", lambda: not any(map(rig.is_alive, pids)))


def case_78_one_signal_drains(r):
    """What is in flight is committed, the exit code is 128 + n, the next run goes on to the same bytes."""
    path = archive(r)
    want = r.run("whole", [path], *SLOWLY).expect(0).tree()
    for number in (signal.SIGTERM, signal.SIGINT):
        run = in_the_walk(r, path, number.name)
        pids = run.family()
        run.p.send_signal(number)
        # a drain that came too late finds everything done
        run.end().expect(128 + number, 0)
        nobody_left(pids, number.name)
        if run.code:
            run.says("stopped by signal")
        finish(r, path, number.name, want, number.name)


def case_78_two_signals_end_at_once(r):
    path = archive(r)
    want = r.run("whole", [path], *SLOWLY).expect(0).tree()
    run = in_the_walk(r, path, "n")
    pids = run.family()
    run.p.send_signal(signal.SIGINT)
    time.sleep(0.02)
    started = time.monotonic()
    run.p.send_signal(signal.SIGINT)
    run.end().expect(128 + signal.SIGINT, 0)
    took = time.monotonic() - started
    need(took < 2, f"the second signal took {took:.1f} s")
    nobody_left(pids, "two signals")
    finish(r, path, "n", want, "two signals")


def case_78_terminal_goes_away(r):
    """SIGHUP ends the run like kill -9 or drains it; either way nothing is lost. SIGPIPE is nothing."""
    path = archive(r)
    want = r.run("whole", [path], *SLOWLY).expect(0).tree()
    run = in_the_walk(r, path, "hup")
    pids = run.family()
    run.p.send_signal(signal.SIGHUP)
    run.end().expect(-signal.SIGHUP, 128 + signal.SIGHUP, 0)
    nobody_left(pids, "SIGHUP")
    finish(r, path, "hup", want, "SIGHUP")
    run = in_the_walk(r, path, "pipe")
    run.p.send_signal(signal.SIGPIPE)
    r.same(run.end().expect(0), want, "SIGPIPE")


def case_78_whole_group_is_told(r):
    """Ctrl-C goes to every process of the group: the children must not die of it in the middle of a mail."""
    path = archive(r)
    want = r.run("whole", [path], *SLOWLY).expect(0).tree()
    run = in_the_walk(r, path, "n", start_new_session=True)
    pids = run.family()
    os.killpg(run.p.pid, signal.SIGINT)
    run.end().expect(128 + signal.SIGINT, 0)
    need(b"quarantine" not in run.err, f"a mail was quarantined: {run.err.decode()[-500:]}")
    nobody_left(pids, "SIGINT to the group")
    finish(r, path, "n", want, "SIGINT to the group")


def case_78_standing_still(r, seconds=2.5):
    """Each process stands still for longer than the CPU budget of a mail: that condemns nobody."""
    path = archive(r)
    want = r.run("whole", [path], *SLOWLY).expect(0).tree()
    stopped = []
    for isolation in r.isolations():
        run = in_the_walk(r, path, f"n-{isolation}", f"--isolation={isolation}")
        rig.wait_until("a worker", lambda: isolation == "thread" or run.p.poll() is not None
                       or "sl-worker" in map(rig.name_of, run.family()))
        pids = run.family()
        for pid in reversed(pids):
            stopped.append(rig.name_of(pid))
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds / len(pids))
        time.sleep(0.5)
        need(run.p.poll() is None, "the run ended while it stood still")
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        r.same(run.end().expect(0), want, f"standing still, {isolation}")
        need(not os.path.isdir(r.path(f"n-{isolation}", "store", "quarantine"))
             or not os.listdir(r.path(f"n-{isolation}", "store", "quarantine")), "something is in quarantine")
    return "stopped " + " ".join(stopped)


def case_78_what_the_parent_left(r):
    """SIGCHLD ignored, signals blocked, all ignored: none of this is inherited in a way that matters."""
    path = archive(r)
    want = r.run("whole", [path], *SLOWLY).expect(0).tree()
    every = {s for s in signal.Signals if s not in (signal.SIGKILL, signal.SIGSTOP)}
    ways = {
        "SIGCHLD ignored": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        "all blocked": lambda: signal.pthread_sigmask(signal.SIG_SETMASK, every),
        "SIGTERM ignored": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
    }
    for n, (what, before) in enumerate(ways.items()):
        for isolation in r.isolations():
            run = r.run(f"n{n}-{isolation}", [path], *SLOWLY, f"--isolation={isolation}", preexec_fn=before)
            r.same(run.expect(0), want, f"{what}, {isolation}")


def case_78_blocked_signals_still_end_it(r):
    """A parent that blocked SIGTERM must not have made a run that cannot be ended but with kill -9."""
    path = archive(r)
    run = in_the_walk(r, path, "n", preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}))
    run.p.send_signal(signal.SIGTERM)
    run.end().expect(128 + signal.SIGTERM)


def case_78_streams(r):
    """Standard output closed, standard error closed, a full pipe that is read late."""
    path = archive(r)
    want = r.run("whole", [path], *SLOWLY).expect(0).tree()
    for closed in ((1,), (2,), (0, 1, 2)):
        folder = "closed-" + "".join(map(str, closed))
        run = r.run(folder, [path], *SLOWLY, preexec_fn=lambda fds=closed: [os.close(fd) for fd in fds])
        r.same(run.expect(0), want, f"{closed} closed")
    broken, end = os.pipe()
    os.close(broken)
    r.same(r.run("broken", [path], *SLOWLY, stderr=end).expect(0), want, "standard error is a broken pipe")
    os.close(end)


def case_78_standard_error_is_full(r):
    """Nobody reads standard error for a while, and it is full: the run waits or goes on, and ends when it is read."""
    bad = r.path("bad")
    os.makedirs(bad)
    for n in range(40):  # each with a name of its own: more than a pipe of one page holds
        with open(f"{bad}/{n:03}-{'x' * 150}.gz", "wb") as f:
            f.write(b"\x1f\x8b\x08\x00" + bytes(20))
    good = archive(r)
    want = r.run("whole", [bad, good], *SLOWLY).expect(1).tree()
    reading, writing = os.pipe()
    import fcntl
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 512)
    except BlockingIOError:
        pass
    os.set_blocking(writing, True)
    run = r.start("n", [bad, good], *SLOWLY, stderr=writing)
    os.close(writing)
    time.sleep(2)
    stood = run.p.poll() is None
    said = b""
    with os.fdopen(reading, "rb", buffering=0) as f:
        while True:
            chunk = f.read(4096)
            if not chunk:
                break
            said += chunk
    r.same(run.end().expect(1), want, "a full pipe")
    return f"{'waited for its reader' if stood else 'did not wait'}; {len(said)} bytes read in the end"


sys.exit(rig.main(globals()))
