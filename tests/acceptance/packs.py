#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs over real mail that this repository does not hold.

usage: packs.py SPAMLOOM SHARED [CHECK...]

SHARED is a folder with data/NAME.tar.xz (packs with a MANIFEST.tsv), labels/ and accept/. Without it the
checks are skipped, and this says so. CHECK: counts same kill again nights scores (default: all of them).

  counts   every pack into its own store: messages and their SHA-256 as in its MANIFEST
  same     -j1, -j2, -j8, inputs in another order, several readers: every listed file byte-identical
  kill     30 x kill -9 at random instants, started again to the end: byte-identical
  again    the same packs again: nothing new; repacked: only sightings
  nights   the trap in two nights: ids stay; mails elsewhere than in one run are explained
  scores   indicators and campaigns against the labels
"""
import csv
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

PACKS = ("trap", "phishing", "japanese", "ham-spam")
CLOCK = "2026-11-24T04:00:00Z"
# the receivers of the traps and boxes that the packs come from
TRUST = ["mail.protection.outlook.com", "mx.google.com", "protonmail.ch", "pphosted.com", "lfdr.de",
         "sourceforge.net", "sourceforge.com", "osuosl.org", "01.org"]


class Failed(Exception):
    pass


def need(ok, text):
    if not ok:
        raise Failed(text)


class Bench:
    def __init__(self, spamloom, shared, work):
        self.spamloom, self.shared, self.work = os.path.abspath(spamloom), shared, work

    def pack(self, name):
        return os.path.join(self.shared, "data", name + ".tar.xz")

    def command(self, out, inputs, *options):
        return [self.spamloom, "run", "-q", "-s", os.path.join(self.work, out, "store"), "-o",
                os.path.join(self.work, out, "feeds"), "--as-of", CLOCK, *options, *inputs]

    def run(self, out, inputs, *options, fresh=True):
        if fresh:
            shutil.rmtree(os.path.join(self.work, out), ignore_errors=True)
            os.makedirs(os.path.join(self.work, out))
        done = subprocess.run(self.command(out, inputs, *options), stderr=subprocess.PIPE,
                              check=False)
        need(done.returncode in (0, 1), f"{out}: exit {done.returncode}: {done.stderr[-500:]}")
        return os.path.join(self.work, out, "feeds")

    def messages(self, feeds):
        with open(os.path.join(feeds, "messages.jsonl"), encoding="utf-8") as f:
            return [json.loads(x) for x in f]

    def manifest(self, name):
        """-> list of rows (dict) of the pack's MANIFEST.tsv"""
        with tarfile.open(self.pack(name)) as t:
            text = t.extractfile(f"dev-{name}/MANIFEST.tsv").read().decode("utf-8")
        return list(csv.DictReader(text.split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE))


def tree(feeds):
    """name -> SHA-256 of every file that the manifest lists, and the manifest itself"""
    with open(os.path.join(feeds, "MANIFEST.sha256"), encoding="utf-8") as f:
        names = [x.rstrip("\n").split("  ", 1)[1] for x in f]
    found = {}
    for name in names + ["MANIFEST.sha256"]:
        with open(os.path.join(feeds, name), "rb") as f:
            found[name] = hashlib.sha256(f.read()).hexdigest()
    return found


def need_same(a, b, what):
    ta, tb = tree(a), tree(b)
    bad = sorted(n for n in set(ta) | set(tb) if ta.get(n) != tb.get(n))
    need(not bad, f"{what}: {len(bad)} files differ: {' '.join(bad[:5])}")


FROM_LINE = re.compile(rb"\AFrom [^\n]*\n")


def raw_message(data):
    """The raw message of a single file by the rule: without a From_ line on top, its quoting undone and
    without the blank line that ends it; a file without a From_ line is taken as it is."""
    if not FROM_LINE.match(data):
        return data
    data = re.sub(rb"(?m)^>(>*From )", rb"\1", FROM_LINE.sub(b"", data, count=1))
    return data[:-2] if data.endswith(b"\r\n\r\n") else data[:-1] if data.endswith(b"\n\n") else data


def hashes_by_rule(b, name):
    """SHA-256 of the raw message of every single file in a pack, whose MANIFEST has that of the file"""
    found = {}
    with tarfile.open(b.pack(name)) as t:
        for member in t:
            if member.isfile():
                data = t.extractfile(member).read()
                found[hashlib.sha256(data).hexdigest()] = hashlib.sha256(raw_message(data)).hexdigest()
    return found


def counts(b):
    for name in PACKS:
        rows = b.manifest(name)
        rule = hashes_by_rule(b, name) if name == "ham-spam" else {}
        feeds = b.run("counts-" + name, [b.pack(name)], "--sha256=all", "--format=all")
        got = [m for m in b.messages(feeds) if m["parent"] is None]
        want = {}
        for r in rows:
            h = r.get("sha256_of_message") or r["sha256"]
            h = rule.get(h, h)
            want[h] = want.get(h, 0) + 1
        have = {m["sha256"]: m["sightings"] for m in got}
        missing, extra = set(want) - set(have), set(have) - set(want)
        total = sum(m["sightings"] for m in got)
        with open(os.path.join(feeds, "run.json"), encoding="utf-8") as f:
            run = json.load(f)
        print(f"counts {name}: {total} messages of {len(rows)}, {len(got)} distinct of {len(want)}, "
              f"missing {len(missing)}, extra {len(extra)}, exit {run['exit_code']}, embedded "
              f"{run['counts']['new_embedded']}, members "
              f"{ {k: v for k, v in run['members'].items() if v} }")
        need(not missing and not extra and total == len(rows), f"{name}: counts differ")


def same(b):
    base = [b.pack(n) for n in PACKS]
    first = b.run("same-1", base, "-j1", "--format=all")
    for out, inputs, options in (("same-2", base, ("-j2",)), ("same-8", base, ("-j8",)),
                                 ("same-r", base[::-1], ("-j2", "--readers=4")),
                                 ("same-o", base[2:] + base[:2], ("-j8", "--readers=1"))):
        need_same(first, b.run(out, inputs, *options, "--format=all"), f"{options} {out}")
    print(f"same: {len(tree(first))} files byte-identical for -j1 -j2 -j8, four orders and reader counts")


def kill(b, times=30):
    base = [b.pack(n) for n in PACKS]
    whole = b.run("kill-whole", base, "-j2", "--format=all")
    started = time.monotonic()
    b.run("kill-time", base, "-j2", "--format=all")
    length = time.monotonic() - started
    rand = random.Random(1)
    kills = 0
    rounds = 0
    while kills < times:
        rounds += 1
        out = os.path.join(b.work, "kill")
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        while True:
            p = subprocess.Popen(b.command("kill", base, "-j2", "--format=all"),
                                 stderr=subprocess.DEVNULL)
            try:
                code = p.wait(rand.uniform(0.02, length * 1.05) if kills < times else None)
            except subprocess.TimeoutExpired:
                p.send_signal(signal.SIGKILL)
                p.wait()
                kills += 1
                continue
            need(code in (0, 1), f"kill: exit {code}")
            break
        need_same(whole, os.path.join(out, "feeds"), f"kill, round {rounds}")
    print(f"kill: {kills} kills in {rounds} rounds, every end byte-identical")


def again(b):
    base = [b.pack(n) for n in PACKS]
    feeds = b.run("again", base, "-j2", "--format=all")
    before = tree(feeds)
    b.run("again", base, "-j2", "--format=all", fresh=False)
    need(tree(feeds) == before, "again: feeds changed")
    need(new_of(feeds) == (0, 0), f"again: {new_of(feeds)}")
    repacked = []
    for name in PACKS:
        path = os.path.join(b.work, f"repacked-{name}.tar")
        with open(path, "wb") as f:
            subprocess.run(["xz", "-dc", b.pack(name)], stdout=f, check=True)
        repacked.append(path)
    b.run("again", repacked, "-j2", "--format=all", fresh=False)
    fresh, sightings = new_of(feeds)
    print(f"again: the same packs 0 new, feeds unchanged; repacked {fresh} new, {sightings} more "
          "sightings")
    need(fresh == 0 and sightings > 0, "again: repacked mail is new")


def new_of(feeds):
    with open(os.path.join(feeds, "run.json"), encoding="utf-8") as f:
        c = json.load(f)["counts"]
    return c["new_messages"] + c["new_embedded"], c["new_sightings"]


def by_campaign(messages):
    groups = {}
    for m in messages:
        groups.setdefault(m["campaign"], set()).add(m["id"])
    return groups


def nights(b):
    folder = os.path.join(b.work, "trap")
    if not os.path.exists(folder):
        with tarfile.open(b.pack("trap")) as t:
            t.extractall(folder, filter="data")
    old, new = [], []
    for where, _, names in os.walk(os.path.join(folder, "dev-trap", "mbox")):
        for n in sorted(names):
            (old if n < "2025" else new).append(os.path.join(where, n))
    options = ("--format=all", "--all")
    one = b.messages(b.run("nights-one", old + new, *options))
    first = b.run("nights", old, *options)
    ids = {m["id"]: m["campaign"] for m in b.messages(first)}
    second = b.run("nights", new, *options, fresh=False)
    both = {m["id"]: m["campaign"] for m in b.messages(second)}
    with open(os.path.join(second, "campaigns.jsonl"), encoding="utf-8") as f:
        campaigns = [json.loads(x) for x in f]
    alias = {a: c["id"] for c in campaigns for a in c["aliases"]}
    lost = [i for i, c in ids.items() if alias.get(c, c) != both[i]]
    need(not lost, f"nights: {len(lost)} mails of the first night changed campaign without alias")
    elsewhere = differing(by_campaign(one), both)
    lineage = {c["id"]: c["lineage"] for c in campaigns}
    unexplained = [i for i in elsewhere if not lineage.get(both[i])]
    print(f"nights: {len(set(ids.values()))} campaigns kept their id; {len(elsewhere)} of {len(both)} mails "
          f"elsewhere ({100 * len(elsewhere) / len(both):.2f} %), {len(unexplained)} without lineage")
    for i in elsewhere:
        print(f"  {i} in {both[i]}: " + "; ".join(
            f"night {x['night']} {x['op']} {x.get('reason')}" for x in lineage.get(both[i], [])))
    need(len(elsewhere) <= 0.02 * len(both) and not unexplained, "nights: more than 2 % elsewhere")


def differing(groups, other):
    """mails that are not in the campaign onto which their group maps best (one to one, largest first)"""
    taken, bad = set(), []
    for _, members in sorted(groups.items(), key=lambda x: (-len(x[1]), x[0])):
        votes = {}
        for i in members:
            votes[other[i]] = votes.get(other[i], 0) + 1
        free = [(n, c) for c, n in votes.items() if c not in taken]
        best = max(free, key=lambda x: (x[0], x[1]))[1] if free else None
        taken.add(best)
        bad += [i for i in members if other[i] != best]
    return bad


def scores(b):
    accept, labels = os.path.join(b.shared, "accept"), os.path.join(b.shared, "labels")
    trust = [x for t in TRUST for x in ("--trust", t)]
    feeds = b.run("scores", [b.pack(n) for n in ("trap", "phishing", "japanese")], *trust, "--format=all")
    named = len(os.listdir(os.path.join(labels, "indicators")))
    bad = subprocess.run(
        [sys.executable, os.path.join(accept, "score_indicators.py"), "--truth",
         os.path.join(labels, "indicators"), os.path.join(feeds, "messages.jsonl"),
         "--min", f"named={named}", *[y for k in ("url", "host", "domain", "origin_ip")
                                      for m in ("precision", "recall") for y in ("--min", f"{k}.{m}=0.9")],
         "--max", "block.violations=10", "--min", "block.recall=0.6"], check=False).returncode
    feeds = b.run("scores-phishing", [b.pack("phishing")], *trust, "--format=all")
    bad |= subprocess.run(
        [sys.executable, os.path.join(accept, "score_campaigns.py"), "--truth",
         os.path.join(labels, "campaigns-even.tsv"), "--ambiguous",
         os.path.join(labels, "campaigns-even-ambiguous.tsv"), os.path.join(feeds, "messages.jsonl"),
         "--max", "not_predicted=0", "--min", "pair.f1=0.75", "--min", "bcubed.f1=0.92",
         "--max", "largest_cluster=30"], check=False).returncode
    need(not bad, "scores: a bar is not met")


CHECKS = {f.__name__: f for f in (counts, same, kill, again, nights, scores)}


def main():
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if len(sys.argv) > 1 else 64
    if not os.path.isdir(os.path.join(sys.argv[2], "data")):
        print(f"skipped: no packs in {sys.argv[2]}")
        return 77
    wanted = sys.argv[3:] or list(CHECKS)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="spamloom-packs-") as work:
        b = Bench(sys.argv[1], sys.argv[2], work)
        for name in wanted:
            try:
                CHECKS[name](b)
            except Failed as e:
                print(f"FAILED {e}")
                failed += 1
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
