#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs url.jsonl and domain.tsv of a vector folder through extract_probe.

    vectors_extract.py PROBE FOLDER         scores with the folder's score_vectors.py, core rows;
                                            exit 0 all right, 1 not, 77 skipped
    vectors_extract.py PROBE FOLDER FAMILY  prints the answers ({"id", "got"} lines)
    vectors_extract.py PROBE --feed FILE... prints the indicators of mails for score_indicators.py
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile


def load(folder, name):
    spec = importlib.util.spec_from_file_location(name, os.path.join(folder, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(probe, family, cases):
    sent = b"".join(b"%s\t%s\t%d\n%s" % (name.encode(), family, len(body), body)
                    for name, body in cases)
    return subprocess.run([probe], input=sent, stdout=subprocess.PIPE, check=True).stdout


def answers(probe, folder, family):
    if family == "domain":
        with open(os.path.join(folder, "domain.tsv"), encoding="utf-8") as f:
            hosts = [line.split("\t")[0] for line in f.read().split("\n")[1:] if line]
        return ask(probe, b"domain", [(host, host.encode()) for host in hosts])
    maker = load(folder, "make_eml")
    with open(os.path.join(folder, "url.jsonl"), encoding="utf-8") as f:
        rows = [json.loads(line) for line in f if line.strip()]
    return ask(probe, b"url", [case for row in rows for case in maker.build("url", row)])


def score(folder, family, out):
    path = os.path.join(folder, {"url": "url.jsonl", "domain": "domain.tsv"}[family])
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as got:
        got.write(out)
        got.flush()
        scorer = os.path.join(folder, "score_vectors.py")
        return subprocess.run([sys.executable, scorer, "--core", path, got.name]).returncode


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    probe, folder = sys.argv[1:3]
    sys.stdout.flush()
    if folder == "--feed":
        cases = []
        for path in sys.argv[3:]:
            with open(path, "rb") as f:
                cases.append((os.path.basename(path).rsplit(".", 1)[0], f.read()))
        sys.stdout.buffer.write(ask(probe, b"feed", cases))
        return 0
    if not os.path.exists(os.path.join(folder, "score_vectors.py")):
        print("skipped: no vectors in", folder)
        return 77
    if len(sys.argv) == 4:
        sys.stdout.buffer.write(answers(probe, folder, sys.argv[3]))
        return 0
    families = ("url", "domain")
    return int(any([score(folder, f, answers(probe, folder, f)) for f in families]))


if __name__ == "__main__":
    sys.exit(main())
