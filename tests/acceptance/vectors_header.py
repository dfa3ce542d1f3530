#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs received.jsonl and auth.jsonl of a vector folder through header_probe.

    vectors_header.py PROBE FOLDER            compares; exit 0 core rows right, 1 not, 77 skipped
    vectors_header.py PROBE FOLDER received   prints {"id", "got"} lines for score_vectors.py
"""
import json
import os
import subprocess
import sys

LEVELS = {
    "received": ["origin_ip", "hop_index", "reason", "all_ips", "forged_suspect"],
    "auth": ["spf", "dkim", "dmarc", "arc"],
}


def joined(names):
    return ",".join(name or '""' for name in names) or "-"


def ask(probe, rows):
    sent = b""
    for row in rows:
        body = row["headers"].encode("utf-8", "surrogateescape")
        trust = joined([name for name in row["trusted"] if name])
        head = "%s\t%s\t%s\t%d\n" % (row["id"], trust, joined(row["trusted"]), len(body))
        sent += head.encode() + body
    out = subprocess.run([probe], input=sent, stdout=subprocess.PIPE, check=True).stdout
    return {got["id"]: got for got in map(json.loads, out.decode().splitlines())}


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    probe, folder = sys.argv[1:3]
    wrong = False
    for family, levels in LEVELS.items():
        path = os.path.join(folder, family + ".jsonl")
        if len(sys.argv) == 4 and sys.argv[3] != family:
            continue
        if not os.path.exists(path):
            print("skipped: no", path)
            sys.exit(77)
        with open(path, encoding="utf-8") as f:
            rows = [json.loads(line) for line in f if line.strip()]
        answers = ask(probe, rows)
        right = {"core": 0, "extra": 0}
        for row in rows:
            got = {level: answers[row["id"]][level] for level in levels}
            bad = [level for level in levels if got[level] != row["expect"][level]]
            right[row["tier"]] += not bad
            wrong |= bool(bad) and row["tier"] == "core"
            if len(sys.argv) == 4:
                print(json.dumps({"id": row["id"], "got": got}))
            elif bad:
                print("%s (%s): %s: got %s" % (row["id"], row["tier"], " ".join(bad), got))
        if len(sys.argv) == 3:
            for tier, n in right.items():
                total = sum(row["tier"] == tier for row in rows)
                print("%s: %s rows right: %d of %d" % (family, tier, n, total))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
