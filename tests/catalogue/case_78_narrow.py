#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 78, narrow places: few descriptors, little memory, no /dev/shm, /tmp or /proc, no HOME, odd umasks.

usage: case_78_narrow.py SPAMLOOM [CASE...]

A run either does its work and gives the same bytes, or ends with a code of the manual and a reason, and the next
run in a wider place goes on to the same bytes.
"""
import os
import resource
import subprocess
import sys

import rig
from rig import need

REFUSALS = (70, 73, 74)


def inputs(r):
    a = r.write("a.mbox", rig.mbox(range(200)))
    return [a, r.write("b.mbox", rig.mbox(range(200, 260)))]


def try_in(r, folder, paths, want, what, *options, **popen):
    """-> True: it did its work; False: it refused with a reason, and nothing was lost."""
    run = r.run(folder, paths, *options, **popen)
    if run.code == 0:
        r.same(run, want, what)
        return True
    run.expect(*REFUSALS)
    need(run.err.strip(), f"{what}: exit {run.code} without a word")
    r.same(r.run(folder, paths).expect(0), want, f"behind a refusal: {what}")
    return False


def limited(what, soft):
    return lambda: resource.setrlimit(what, (soft, soft))


def case_78_eight_descriptors(r):
    """Too few to open the charset converters: a reason, not an assertion."""
    paths = inputs(r)
    want = r.run("whole", paths).expect(0).tree()
    for isolation in r.isolations():
        try_in(r, f"n{isolation}", paths, want, "ulimit -n 8", "-j2", f"--isolation={isolation}",
               preexec_fn=limited(resource.RLIMIT_NOFILE, 8))


def case_78_few_descriptors(r):
    """ulimit -n of 16, 24 and 64, in every isolation."""
    paths = inputs(r)
    want = r.run("whole", paths).expect(0).tree()
    worked = []
    for isolation in r.isolations():
        for n in (16, 24, 64):
            if try_in(r, f"n{n}{isolation}", paths, want, f"ulimit -n {n}", "-j2", f"--isolation={isolation}",
                      preexec_fn=limited(resource.RLIMIT_NOFILE, n)):
                worked.append(f"{isolation}:{n}")
        need(f"{isolation}:64" in worked, f"64 descriptors are not enough for {isolation}")
    return "works with " + " ".join(worked)


def case_78_little_memory(r):
    """ulimit -v 200 MB: the reserved map of the store does not fit, and that is said."""
    paths = inputs(r)
    want = r.run("whole", paths).expect(0).tree()
    worked = try_in(r, "n", paths, want, "ulimit -v 200 MB", "-j2",
                    preexec_fn=limited(resource.RLIMIT_AS, 200 << 20))
    return "works" if worked else "refuses with a reason"


def case_78_small_stack(r):
    """The stacks of threads are set, not taken from ulimit -s."""
    paths = inputs(r)
    want = r.run("whole", paths).expect(0).tree()
    for kib in (256, 8192):
        need(try_in(r, f"n{kib}", paths, want, f"ulimit -s {kib}", "-j2",
                    preexec_fn=limited(resource.RLIMIT_STACK, kib << 10)), f"refused with ulimit -s {kib}")


def without(r, paths, want, folder, hidden):
    """Run where the folders `hidden` are empty and cannot be written, or where /proc is not there."""
    steps = " && ".join(f"mount -t tmpfs -o ro,size=4k none {x}" for x in hidden)
    program = ["unshare", "-m", "sh", "-c", f"{steps} && exec \"$@\"", "sh", r.spamloom]
    return try_in(r, folder, paths, want, f"without {' '.join(hidden)}", "-j2", program=program)


def case_78_missing_file_systems(r):
    if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        rig.skip("unshare -m is not allowed here")
    paths = inputs(r)
    want = r.run("whole", paths).expect(0).tree()
    told = []
    for n, hidden in enumerate((["/dev/shm"], ["/proc"], ["/dev/shm", "/proc"])):
        told.append(f"{'+'.join(hidden)}: {'works' if without(r, paths, want, f'n{n}', hidden) else 'refuses'}")
    need("/dev/shm: works" in told, "no /dev/shm must not matter")
    return ", ".join(told)


def case_78_no_tmp(r):
    """What has to be spooled (a zip inside a tar, standard input) goes on without a temporary folder."""
    mail = rig.mail(7)
    paths = inputs(r)
    import io
    import tarfile
    import zipfile
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as z:
        z.writestr(zipfile.ZipInfo("m.eml", (2026, 11, 23, 0, 0, 0)), mail)
    with tarfile.open(fileobj=outer, mode="w") as t:
        info = tarfile.TarInfo("inner.zip")
        info.size = len(inner.getvalue())
        t.addfile(info, io.BytesIO(inner.getvalue()))
    paths.append(r.write("c.tar", outer.getvalue()))
    want = r.run("whole", paths).expect(0).tree()
    env = {**os.environ, "TMPDIR": r.path("not-there")}
    need(try_in(r, "n", paths, want, "no TMPDIR", env=env), "refused without a temporary folder")
    with open(paths[0], "rb") as f:
        r.run("stdin", ["-"], env=env, stdin=f).expect(0)


def case_78_no_environment(r):
    """HOME unset, nothing set at all."""
    paths = inputs(r)
    want = r.run("whole", paths).expect(0).tree()
    less = {k: v for k, v in os.environ.items() if k != "HOME"}
    for n, env in enumerate((less, {}, {"HOME": "/nonexistent", "LC_ALL": "nowhere.UTF-99"})):
        need(try_in(r, f"n{n}", paths, want, f"environment {n}", env=env), f"refused in environment {n}")


def case_78_umasks(r):
    """077 and 000 are nothing; 777 makes folders that only root can use: then the run says so and stops."""
    paths = inputs(r)
    want = r.run("whole", paths).expect(0).tree()
    for mask in (0o077, 0o000, 0o777):
        folder = f"n{mask:03o}"
        os.makedirs(r.path(folder))
        run = r.run(folder, paths, umask=mask)
        if mask == 0o777 and run.code != 0:
            run.expect(*REFUSALS).says("ermission denied")
            subprocess.run(["chmod", "-R", "u+rwX", r.path(folder)], check=True)
            run = r.run(folder, paths).expect(0)
        subprocess.run(["chmod", "-R", "u+rwX", r.path(folder)], check=True)
        r.same(run.expect(0), want, f"umask {mask:03o}")


sys.exit(rig.main(globals()))
