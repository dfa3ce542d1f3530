#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""spamloom against the truth of a small generated trap in which everything is switched on.

usage: smoke.py SPAMLOOM MAKE_TRAP CHECK_TRUTH

Every message, URL (with its role), address and file must be found and nothing else, in an mbox and, the same mails, in
another format; no campaign may hold mails of two. A truth with one link more must be noticed.
"""
import json
import os
import subprocess
import sys
import tempfile

OPTIONS = ["--mails", "300", "--campaigns", "30", "--kit", "3", "--copies", "3", "--burst", "40",
           "--coded-tokens", "0.5", "--attachments", "0.3", "--padding", "0.3", "--busters", "0.5", "--crlf", "0.5",
           "--seed", "7"]
EXACT = ["messages", "urls", "emails", "ips", "attachments"]
LEAST = [f"{name}.{side}=1" for name in EXACT for side in ("recall", "precision")] + [
    "roles=1", "purity=1", "campaigns.precision=1", "campaigns.recall=0.9", "brands=1", "languages=1"]


def check(program, truth, messages, expect):
    demands = [word for least in LEAST for word in ("--min", least)]
    done = subprocess.run([program, "--show", "20", *demands, truth, messages], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != expect:
        sys.exit(f"smoke: check_truth ended with {done.returncode}, not {expect}\n{done.stdout}")


def run(spamloom, out, brands, archive):
    subprocess.run([spamloom, "run", "-q", "-j2", "--as-of", "2026-12-01", "--brands", brands, "--format=messages",
                    "-s", out + ".store", "-o", out, archive], check=True)
    return os.path.join(out, "messages.jsonl")


def main():
    spamloom, make_trap, check_truth = map(os.path.abspath, sys.argv[1:4])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        subprocess.run([make_trap, *OPTIONS, "trap"], check=True)
        subprocess.run([make_trap, *OPTIONS, "--format", "tar.gz", "again"], check=True)
        for name in ("trap.mbox", "again.tar.gz"):
            messages = run(spamloom, name + ".out", "trap.brands.tsv", name)
            check(check_truth, "trap.truth.jsonl", messages, 0)
        with open("trap.truth.jsonl", encoding="utf-8") as truth, open("wrong", "w", encoding="utf-8") as wrong:
            first = json.loads(truth.readline())
            first["urls"]["link"].append("https://nowhere.example/")
            wrong.write(json.dumps(first) + "\n" + truth.read())
        check(check_truth, "wrong", messages, 1)
        os.chdir("/")


main()
