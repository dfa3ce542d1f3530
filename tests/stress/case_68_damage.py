#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Damage one page of a store, or cut it, and call every command: never a signal, never another answer without a word.

usage: case_68_damage.py SPAMLOOM [TRIALS]

case 68 and 69: page damaged, file cut in half.
"""
import collections
import os
import random
import shutil
import subprocess
import sys
import tempfile

SPAMLOOM = os.path.abspath(sys.argv[1])
TRIALS = int(sys.argv[2]) if len(sys.argv) > 2 else 8
PAGE = 4096
LURES = ["Parcel {n} waits for its customs fee", "Account {n} was suspended today", "Invoice {n} is long overdue"]


def mail(lure, number):
    return (f"From x@y Sun Nov 1 10:00:00 2026\nReceived: from h{number} (h [198.51.100.{number % 250 + 1}]) by "
            f"mx.trap.example; {1 + number % 28} Nov 2026 10:00:00 +0000\nFrom: <s{number % 4}@sender{lure}.example>\n"
            f"Subject: Notice {lure}\nDate: {1 + number % 28} Nov 2026 10:00:00 +0000\nMessage-ID: <{lure}.{number}@s>\n"
            f"\nDear customer, {LURES[lure].format(n=number)}. Act within two days or lose it.\n"
            + " ".join(f"word{(number * 7 + k * 13) % 50}" for k in range(number % 5)) +
            f"\nhttp://lure{lure}-{number % 9}.example.com/p?u={number}\n\n")


def write(path, mails):
    with open(path, "w", encoding="ascii") as f:
        f.write("".join(mails))
    return path


def read_tree(folder):
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            if name != "run.json":
                with open(f"{where}/{name}", "rb") as f:
                    found[name] = f.read()
    return found


def call(work, store, args):
    shutil.rmtree(f"{work}/out", ignore_errors=True)
    command = [SPAMLOOM, args[0], "-q", "-s", store]
    if args[0] in ("run", "feed"):
        command += ["-o", f"{work}/out", "--as-of", "2026-12-03"]
    if args[0] in ("show", "lookup", "campaigns"):
        command += ["--as-of", "2026-12-03"]
    # bounded: a store that sends a program round in circles is a failure, too
    done = subprocess.run(command + list(args[1:]), capture_output=True, timeout=60, check=False)
    out = read_tree(f"{work}/out") if os.path.isdir(f"{work}/out") else {}
    return done.returncode, done.stdout, out, done.stderr.decode(errors="replace")


def damage(rand, path):
    size = os.path.getsize(path)
    pages = size // PAGE
    kind = rand.choice(("zero", "ones", "noise", "other", "bit", "bytes", "cut", "half"))
    with open(path, "r+b") as f:
        if kind in ("cut", "half"):
            f.truncate(size // 2 if kind == "half" else rand.randrange(size))
            return kind
        page = rand.randrange(pages)
        f.seek(page * PAGE)
        old = f.read(PAGE)
        if kind == "other":
            f.seek(rand.randrange(pages) * PAGE)
            new = f.read(PAGE)
        elif kind == "bit":
            at = rand.randrange(PAGE)
            new = old[:at] + bytes([old[at] ^ (1 << rand.randrange(8))]) + old[at + 1:]
        elif kind == "bytes":
            at = rand.randrange(PAGE - 16)
            new = old[:at] + rand.randbytes(16) + old[at + 16:]
        else:
            new = {"zero": bytes(PAGE), "ones": b"\xff" * PAGE, "noise": rand.randbytes(PAGE)}[kind]
        f.seek(page * PAGE)
        f.write(new)
    return f"{kind} page {page}"


def main():
    rand = random.Random(int(os.environ.get("SEED", "5")))
    counts = collections.Counter()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as work:
        one = write(f"{work}/one.mbox", [mail(i % 2, i) for i in range(60)])
        two = write(f"{work}/two.mbox", [mail(i % 3, 40 + i) for i in range(60)])
        three = write(f"{work}/three.mbox", [mail(i % 3, 200 + i) for i in range(30)])
        for day, box in enumerate((one, two), 1):
            subprocess.run([SPAMLOOM, "run", "-q", "-s", f"{work}/store", "-o", f"{work}/first", "--as-of",
                            f"2026-12-0{day}", box], check=True)
        listed = subprocess.run([SPAMLOOM, "campaigns", "-s", f"{work}/store"], capture_output=True, check=True)
        campaign = listed.stdout.decode().split()[0]
        commands = [("run", three), ("run", one), ("feed",), ("campaigns", "--all"), ("show", campaign),
                    ("lookup", "lure1-1.example.com"), ("forget", "2"), ("forget", "two.mbox"), ("check",)]

        def fresh():
            shutil.rmtree(f"{work}/bad", ignore_errors=True)
            shutil.copytree(f"{work}/store", f"{work}/bad")
            return f"{work}/bad"

        def after(args):
            """What a store answers that a command has changed."""
            return call(work, f"{work}/bad", ("feed",)) if args[0] == "forget" else None

        want = {}
        for args in commands:
            want[args] = call(work, fresh(), args), after(args)
            assert want[args][0][0] in (0, 66), f"{args}: {want[args]}"
        for trial in range(TRIALS):
            fresh()
            what = damage(rand, f"{work}/bad/data.mdb")
            shutil.copyfile(f"{work}/bad/data.mdb", f"{work}/damaged")
            for args in commands:
                shutil.copyfile(f"{work}/damaged", f"{work}/bad/data.mdb")
                try:
                    got = call(work, f"{work}/bad", args)
                except subprocess.TimeoutExpired:
                    raise AssertionError(f"trial {trial}, {what}: {args} does not end") from None
                code, stdout, out, stderr = got
                where = f"trial {trial}, {what}: {args} gave {code}: {stderr}"
                if args[0] == "check":
                    assert code in (0, 1, 74), where
                    counts[f"check {code}"] += 1
                elif code == 74:
                    assert "is damaged" in stderr and "run: spamloom check -s" in stderr, where
                    assert stderr.count("\n") == 1, f"one line: {where}"
                    counts["told"] += 1
                else:
                    assert (code, stdout, out) == want[args][0][:3], f"another answer without a word: {where}"
                    then = after(args)
                    assert then is None or then[0] == 74 or then[:3] == want[args][1][:3], f"changed store: {where}"
                    counts["unnoticed, same answer"] += 1
    print(f"{TRIALS} damages x {len(commands)} commands: " + ", ".join(f"{n} {k}" for k, n in sorted(counts.items())))


main()
