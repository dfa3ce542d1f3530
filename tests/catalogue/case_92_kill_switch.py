#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 92: a blocking list that is not as usual is held back, and somebody is told.

usage: case_92_kill_switch.py SPAMLOOM [CASE...]
"""
import hashlib
import json
import os
import subprocess
import sys

import rig
from rig import need

DOMAINS, HELD = "lists/domains.txt", "held/domains.txt"


def lures(numbers, night):
    """Mails with a link to a domain of its own each, which is worth blocking."""
    return b"".join(
        b"From x@y.example Mon Nov 23 12:00:00 2026\nReceived: from x ([203.0.113.%d]) by mx.trap.example; Mon, 23 Nov 2026 10:00:00 +0000\n"
        b"From: <a@b.example>\nSubject: night %d\nContent-Type: text/html\n\n<a href=\"http://www.lure-number-%d.top/x\">Please confirm account %d</a>\n\n"
        % (n % 250, night, n, n) for n in numbers)


def night(r, name, serial, numbers, *options):
    """One night with a clock of its own."""
    box = r.write(f"night-{serial}.mbox", lures(numbers, serial))
    return r.run(name, [box], f"--as-of=2026-12-{serial:02}", "--format=lists,night", *options)


def entries(run, name=DOMAINS):
    with open(os.path.join(run.out, name), encoding="ascii") as f:
        return [x for x in f.read().split("\n") if x and not x.startswith("#")]


def manifest_holds(run):
    """Every line of the manifest is true; the names in it."""
    tree, names = run.tree(), []
    for line in tree["MANIFEST.sha256"].decode().split("\n")[:-1]:
        digest, name = line.split("  ")
        need(hashlib.sha256(tree[name]).hexdigest() == digest, f"the manifest is wrong on {name}")
        names.append(name)
    need(set(names) == set(tree) - {"MANIFEST.sha256"}, f"the manifest names {names}, there are {sorted(tree)}")
    return names


def held(run):
    with open(os.path.join(run.out, "night.json"), encoding="utf-8") as f:
        found = json.load(f)["held"]
    need([h["feed"] for h in found] == run.json()["held"], "night.json and run.json differ in what was held")
    return {h["feed"]: h for h in found}


def three_nights(r, name, *options):
    for serial in (1, 2, 3):
        run = night(r, name, serial, range(20 * serial + 20), *options).expect(0)
        need(held(run) == {}, f"held in night {serial}: {held(run)}")
    return run


def case_92_grown(r):
    before = three_nights(r, "n").tree()
    run = night(r, "n", 4, range(100, 900)).expect(1)
    run.says("lists/domains.txt is held back: 880 entries, usual are 60 (median of 3 nights); 800 of them first seen in this night, such as",
             "[.]top", "see held/domains.txt, --force lets it through")
    need(run.tree()[DOMAINS] == before[DOMAINS], "the list of the night before did not stay")
    need(len(entries(run, HELD)) == 880, "held/domains.txt is not what would have been written")
    h = held(run)[DOMAINS]
    need((h["why"], h["entries"], h["usual"], h["new"]) == ("grown", 880, 60, 800), f"night.json says {h}")
    need(set(held(run)) == {DOMAINS, "lists/hosts.txt", "lists/urls.txt"}, f"held: {sorted(held(run))}")
    need({DOMAINS, HELD} <= set(manifest_holds(run)), "old list and held list are not in the manifest")
    tree = run.tree()
    # the same again, which is no new night; feed; and another night as large: still held
    r.same(r.run("n", [r.path("night-4.mbox")], "--as-of=2026-12-04", "--format=lists,night").expect(1), tree, "again")
    command = [r.spamloom, "feed", "-q", "-s", r.path("n", "store"), "-o", r.path("n", "out"), "--as-of=2026-12-04", "--format=messages,lists,night"]
    p = subprocess.run(command, stderr=subprocess.PIPE, check=False)
    need(p.returncode == 1 and b"is held back" in p.stderr, f"feed: exit {p.returncode}: {p.stderr}")
    need(not rig.differing(rig.read_tree(r.path("n", "out")), tree), "feed wrote something else than run")
    part = [*command, "-o", r.path("part"), "--since=2000-01-01"]
    p = subprocess.run(part, stderr=subprocess.PIPE, check=False)
    need(p.returncode == 0, f"feed of a part of the time: exit {p.returncode}: {p.stderr}")
    night(r, "n", 5, range(900, 910)).expect(1).says("usual are 60")
    # somebody has looked at it
    run = night(r, "n", 5, range(900, 910), "--force").expect(0)
    need(len(entries(run)) == 890 and held(run) == {} and HELD not in manifest_holds(run), "--force did not let it through")
    need(not os.path.exists(os.path.join(run.out, "held")), "the folder held is still there")
    need(len(entries(night(r, "n", 5, range(900, 910)).expect(0))) == 890, "it was held once more after --force")
    need(len(entries(night(r, "n", 6, range(920, 940)).expect(0))) == 910, "the night after --force was held")
    subprocess.run([r.spamloom, "check", "-q", "-s", r.path("n", "store")], check=True)


def warninglist(r, names):
    folder = r.path("warninglists")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "tranco.csv")
    with open(path, "w", encoding="ascii") as f:
        f.write("# date: 2026-11-20\n" + "".join(f"{i},{n}\n" for i, n in enumerate(names)))
    return f"--warninglists={folder}", path


def case_92_shrunk(r):
    """A list that suddenly names everything that is blocked."""
    option, path = warninglist(r, ["big-site.com"])
    before = three_nights(r, "n", option).tree()
    warninglist(r, [f"lure-number-{n}.top" for n in range(78)])
    run = night(r, "n", 4, range(1000, 1001), option).expect(1)
    run.says("lists/domains.txt is held back: 3 entries, usual are 60 (median of 3 nights); older ones are kept out by toplist 78")
    need(run.tree()[DOMAINS] == before[DOMAINS], "the list of the night before did not stay")
    need(held(run)[DOMAINS]["why"] == "shrunk", f"{held(run)}")


def case_92_warninglist(r):
    option, path = warninglist(r, ["big-site.com"])
    before = night(r, "n", 1, range(20), option).expect(0).tree()
    os.unlink(path)
    run = night(r, "n", 2, range(20, 22), option).expect(1).says("warninglist tranco.csv is missing, it had 1 entries")
    need(run.tree()[DOMAINS] == before[DOMAINS], "the list of the night before did not stay")
    need(len(held(run)) == 4, f"only {sorted(held(run))} were held")
    night(r, "n", 3, range(22, 24)).expect(1).says("is missing")
    option, path = warninglist(r, ["big-site.com"])
    night(r, "n", 4, range(24, 26), option).expect(0)
    night(r, "n", 5, range(26, 28), option, "--warninglist-days=14").expect(1).says("the newest warninglist is of 2026-11-20, more than 14 days ago")
    night(r, "n", 6, range(28, 30), "--force").expect(0)
    night(r, "n", 7, range(30, 32)).expect(0)


def case_92_elsewhere(r):
    """The same nights on another machine, killed and started again: the same bytes. Nothing that was held before is there."""
    three_nights(r, "n")
    want = night(r, "n", 4, range(100, 900)).expect(1).tree()
    three_nights(r, "m")
    box = r.write("night-4.mbox", lures(range(100, 900), 4))
    for wait in (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        run = r.start("m", [box], "--as-of=2026-12-04", "--format=lists,night")
        try:
            run.p.wait(wait)
        except subprocess.TimeoutExpired:
            for pid in run.family():
                os.kill(pid, 9)
        run.end()
    r.same(r.run("m", [box], "--as-of=2026-12-04", "--format=lists,night").expect(1), want, "the other machine")
    # into an empty folder: no list rather than a wrong one
    p = subprocess.run([r.spamloom, "feed", "-q", "-s", r.path("m", "store"), "-o", r.path("empty"), "--as-of=2026-12-04", "--format=messages,lists,night"],
                       stderr=subprocess.PIPE, check=False)
    tree = rig.read_tree(r.path("empty"))
    need(p.returncode == 1 and DOMAINS not in tree and HELD in tree, f"exit {p.returncode}, {sorted(tree)}")


if __name__ == "__main__":
    sys.exit(rig.main(globals()))
