#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 106: run for hours; no process may grow, in anonymous memory or in descriptors.

usage: soak.py SPAMLOOM [SECONDS [MAILS]]

Runs over archives of MAILS mails each, one in fifty hostile, one run behind the other; every second run reads everything again. Each
second the anonymous memory (smaps_rollup) and the descriptors of every process of the program are noted. Told and
judged is the slope: of each process that lived for two minutes or more over its life behind a warm-up of a third; and of each kind of process
over the peaks of the runs when there were six or more. More than 1 MB an hour, or more descriptors at the end than behind
the warm-up, fails. What comes out of a few minutes is a rough figure: a slope is told with its standard error, and only what
is above 1 MB/h by three of these counts.
"""
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "catalogue"))
import hostile  # noqa: E402
import rig  # noqa: E402

LIMIT = 1.0  # MB an hour
LONG = 120  # seconds that a process must live to be judged by itself


def anonymous(pid):
    for line in rig.read_proc(pid, "smaps_rollup").split(b"\n"):
        if line.startswith(b"Anonymous:"):
            return int(line.split()[1]) / 1024
    return None


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def slope(points):
    """Least squares: MB an hour, and its standard error."""
    n = len(points)
    mx, my = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    sxx = sum((x - mx) ** 2 for x, _ in points)
    if n < 3 or sxx == 0:
        return 0.0, float("inf")
    a = sum((x - mx) * (y - my) for x, y in points) / sxx
    rest = sum((y - my - a * (x - mx)) ** 2 for x, y in points)
    return a * 3600, (rest / (n - 2) / sxx) ** .5 * 3600


def write_archive(path, number, mails):
    rand = hostile.randoms(number)
    with open(path, "wb") as f:
        for n in range(mails):
            poison = n % 50 == 49
            data = hostile.mail(rand, n) if poison else rig.mail(n, f"soak{number}", 1500)
            f.write(b"From a@b.example Mon Nov 23 12:00:00 2026\n" + data.replace(b"\nFrom ", b"\n>From ") + b"\n")
    return path


def watch(run, began, end, lives, last):
    """Sample until the run ends; the time limit ends it, too."""
    while run.p.poll() is None:
        now = time.monotonic()
        if now > end and not last["stopped"]:
            last["stopped"] = True
            run.p.terminate()
        for pid in rig.family(run.p.pid):
            mb = anonymous(pid)
            if mb is not None and rig.is_alive(pid):
                lives.setdefault((pid, rig.name_of(pid)), []).append((now - began, mb, descriptors(pid)))
        time.sleep(1)
    return run.end()


def judge(lives, peaks):
    bad = []
    for (pid, name), samples in sorted(lives.items()):
        if samples[-1][0] - samples[0][0] < LONG:
            continue
        kept = samples[len(samples) // 3:]
        a, e = slope([(t, mb) for t, mb, _ in kept])
        fds = max(f for _, _, f in kept[:len(kept) // 4 + 1]), max(f for _, _, f in kept[-(len(kept) // 4 + 1):])
        print(f"{name} {pid}: {samples[-1][0] - samples[0][0]:.0f} s, {kept[0][1]:.1f} to {kept[-1][1]:.1f} MB (peak {max(m for _, m, _ in samples):.1f}), "
              f"{a:+.1f} ± {e:.1f} MB/h, descriptors {fds[0]} to {fds[1]}")
        if a - 3 * e > LIMIT:
            bad.append(f"{name} {pid} grows by {a:.1f} MB/h")
        if fds[1] > fds[0]:
            bad.append(f"{name} {pid}: {fds[0]} descriptors became {fds[1]}")
    for name, points in sorted(peaks.items()):
        if len(points) < 6:
            continue
        a, e = slope(points[1:])
        print(f"{name}: peaks of {len(points)} runs {min(y for _, y in points):.1f} to {max(y for _, y in points):.1f} MB, {a:+.1f} ± {e:.1f} MB/h")
        if a - 3 * e > LIMIT:
            bad.append(f"the peaks of {name} grow by {a:.1f} MB/h")
    return bad


def main():
    spamloom = os.path.abspath(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    mails = int(sys.argv[3]) if len(sys.argv) > 3 else 20000
    with tempfile.TemporaryDirectory(prefix="spamloom-") as folder:
        r = rig.Rig(spamloom, folder)
        archives = [write_archive(r.path(f"a{i}.mbox"), i, mails // 4) for i in range(4)]
        lives, peaks, rounds, last = {}, {}, 0, {"stopped": False}
        began = time.monotonic()
        end = began + seconds
        while time.monotonic() < end:
            known = set(lives)
            more = ("--again",) if rounds % 2 else ()
            if not more:
                r.forget("n")
            run = watch(r.start("n", archives, "-j2", *more), began, end, lives, last)
            if not last["stopped"]:
                run.expect(0, 1)
                rounds += 1
                now = time.monotonic() - began
                for key in set(lives) - known:
                    peaks.setdefault(key[1], []).append((now, max(m for _, m, _ in lives[key])))
        print(f"{rounds} runs of {mails} mails in {time.monotonic() - began:.0f} s")
        bad = judge(lives, peaks)
    for line in bad:
        print("FAILED: " + line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
