#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 103: the same bytes whatever the place, the time, the number of threads and the order of the archives.

usage: case_103_determinism.py SPAMLOOM SAMPLE [CASE...]      (SAMPLE: tests/data/sample/trap-2026-11.tar.zst)
"""
import json
import os
import random
import resource
import shutil
import subprocess
import sys

import rig
from rig import need

SAMPLE = os.path.abspath(sys.argv.pop(2))
# a parameter without a charset: GMime asks for that of the locale
LABELS = (b"From: a@kumo.example\nSubject: labels\nContent-Type: multipart/mixed; boundary=zz\n\n"
          b"--zz\nContent-Type: text/plain; x*=''%A4\n\nhttp://one.example/\n--zz--\n")


def inputs(r):
    """The sample, and mailboxes that share mails with one another."""
    paths = [SAMPLE, r.write("labels.eml", LABELS)]
    for n in range(4):
        paths.append(r.write(f"{'dbca'[n]}.mbox", rig.mbox(range(n * 20, n * 20 + 60))))
    return paths


def wanted(r, paths):
    return r.run("want", paths, "-j1", "--readers=1", "--isolation=thread").expect(0, 1).tree()


def environment(**more):
    return {**os.environ, **more}


def locales():
    """Those that are there, and the names of some that may not be."""
    text = subprocess.run(["locale", "-a"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    there = set(text.decode("latin-1").split())
    return ["C", "C.UTF-8", *sorted(x for x in there if x.startswith(("ja_JP", "tr_TR", "de_DE"))), "ja_JP.UTF-8",
            "tr_TR.UTF-8"]


def bound_adds_up(run, isolation):
    """The memory that is promised at the start is the sum of its terms; without cells there is no term for them."""
    with open(os.path.join(run.out, "run.json"), encoding="utf-8") as f:
        memory = json.load(f)["memory"]
    terms = {k: v for k, v in memory.items() if k.startswith("bound_")}
    need(sum(terms.values()) == memory["bound"], f"the bound {memory['bound']} is not the sum of {terms}")
    need((terms["bound_cells"] > 0) == (isolation == "process"), f"{isolation}: {terms['bound_cells']} bytes for cells")


def case_103_threads_readers_isolation(r):
    paths = inputs(r)
    want = wanted(r, paths)
    n = 0
    for isolation in r.isolations():
        for jobs, readers in ((1, 4), (2, 1), (3, 3), (8, 2)):
            run = r.run(f"n{n}", paths, f"-j{jobs}", f"--readers={readers}", f"--isolation={isolation}")
            r.same(run.expect(0, 1), want, f"-j{jobs} --readers={readers} --isolation={isolation}")
            bound_adds_up(run, isolation)
            n += 1
    return f"{n} runs, {' and '.join(r.isolations())}"


def case_103_locale_and_zone(r):
    paths = inputs(r)
    want = wanted(r, paths)
    for n, name in enumerate(dict.fromkeys(locales())):
        run = r.run(f"n{n}", paths, "-j2", env=environment(LC_ALL=name, LANG=name, LANGUAGE="ja:tr",
                                                           TZ=("Asia/Tokyo", "America/St_Johns")[n % 2]))
        r.same(run.expect(0, 1), want, f"LC_ALL={name}")
    return " ".join(dict.fromkeys(locales()))


def case_103_order_of_files(r):
    """Order on the command line, order in the folder, times of the files, and the name of the folder above."""
    paths = inputs(r)
    want = wanted(r, paths)
    rand = random.Random(5)
    for n in range(2):
        order = paths[:]
        rand.shuffle(order)
        r.same(r.run(f"n{n}", order, "-j2").expect(0, 1), want, f"order {[os.path.basename(p) for p in order]}")
    trees = []
    for n in range(2):
        folder = r.path(f"folder{n}")
        os.makedirs(folder)
        for path in paths if n else reversed(paths):
            shutil.copyfile(path, os.path.join(folder, os.path.basename(path)))
            os.utime(os.path.join(folder, os.path.basename(path)), (rand.randrange(2**31), rand.randrange(2**31)))
        trees.append(r.run(f"f{n}", [folder], "-j2").expect(0, 1).tree())
    need(not rig.differing(*trees), f"two folders of the same files: {rig.differing(*trees)}")


def case_103_memory_and_limits(r):
    """Other addresses, other contents of fresh memory, other stacks, another umask."""
    paths = inputs(r)
    want = wanted(r, paths)
    ways = {
        "malloc perturbed": {"env": environment(MALLOC_PERTURB_="165", G_SLICE="always-malloc")},
        "malloc checked": {"env": environment(MALLOC_ARENA_MAX="1", MALLOC_MMAP_THRESHOLD_="4096")},
        "umask 077": {"umask": 0o077},
        "ulimit -s 1 MB": {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))},
        "ulimit -s unlimited": {"preexec_fn": lambda: resource.setrlimit(
            resource.RLIMIT_STACK, (resource.getrlimit(resource.RLIMIT_STACK)[1],) * 2)},
        "nice": {"preexec_fn": lambda: os.nice(10)},
        "empty environment": {"env": {}},
    }
    if shutil.which("setarch") and subprocess.run(["setarch", "-R", "true"], stderr=subprocess.DEVNULL,
                                                  check=False).returncode == 0:
        ways["no address randomisation"] = {"program": ["setarch", "-R", r.spamloom]}
    for n, (what, how) in enumerate(ways.items()):
        r.same(r.run(f"n{n}", paths, "-j2", **how).expect(0, 1), want, what)
    return ", ".join(ways)


def case_103_second_run_of_the_night(r):
    """Nothing new: the same bytes again; and again out of the store alone."""
    paths = inputs(r)
    want = wanted(r, paths)
    r.same(r.run("want", paths, "-j2").expect(0, 1), want, "the same archives again")
    r.same(r.run("want", paths, "-j2", "--again").expect(0, 1), want, "--again")
    r.same(r.run("want", paths[::-1], "-j2", "--rehash").expect(0, 1), want, "--rehash")
    out = r.path("feed")
    done = subprocess.run([r.spamloom, "feed", "-q", "-s", r.path("want", "store"), "-o", out, "--as-of", rig.CLOCK,
                           "--format=messages"], check=False)
    need(done.returncode == 0, f"feed: exit {done.returncode}")
    need(not rig.differing(rig.read_tree(out), want), f"feed: {rig.differing(rig.read_tree(out), want)}")


sys.exit(rig.main(globals()))
