#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mails that end a cell, among mails that do not: exactly the poisoned ones must be quarantined.

usage: poison.py SPAMLOOM-MOCK [--mails N] [--every N] [--load] [--kinds WORD,...] [--keep DIR]

Every --every'th mail is poisoned, the kinds take turns; --load keeps all cores busy with something else meanwhile
(a watchdog by the wall clock would condemn innocents then). Checked: rejects.jsonl names exactly the poisoned ones, with
archive, entry, offset and cause; no neighbour is flagged; no mail is missing or doubled; the links of the poisoned ones are
among the indicators; their bytes are in quarantine; -j1 and -j2 give the same bytes.
"""
import argparse
import hashlib
import io
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

KINDS = {  # what the mail asks for -> what must be said of it
    "crash": r"signal 11 \(Segmentation fault\) in body",
    "abort": r"signal 6 \(Aborted\) in body",
    "assert": r"signal 6 \(Aborted\): assertion failed: .*a mail asked for it",
    "loop": r"no end after \d+ ms of CPU",
    "eat": r"signal 6 \(Aborted\): out of memory",
    "glib-eat": r"signal 5 \(Trace/breakpoint trap\).*failed to allocate",
    "stack": r"signal 11 \(Segmentation fault\)",
    "exit": r"exit status 0",
    "execve": r"forbidden system call \d+ \(execve\)",
    "socket": r"forbidden system call \d+ \(socket\)",
    "open": r"forbidden system call \d+ \(openat\)",
    "ptrace": r"forbidden system call \d+ \(ptrace\)",
    "kill": r"forbidden system call \d+ \(kill\)",
    "gmime-groups": r"signal 11 \(Segmentation fault\)",
    "gmime-boundary": r"no end after \d+ ms of CPU|failed to allocate",  # it eats memory as it turns
    "junk": r"malformed result",
    "cut": r"malformed result",
    "nothing": r"malformed result",
    "twice": r"malformed result",
    "liar": r"malformed result",
}


def mail(number, kind):
    token = hashlib.sha256(b"%d" % number).hexdigest()[:16]
    head = [
        f"Received: from out.sender.example ([203.0.113.{number % 250 + 1}]) by mx.trap.example;"
        f" Mon, 23 Nov 2026 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02} +0000",
        f"From: Kestrel Bank <notice{number % 7}@sender.example>",
        f"Message-ID: <{token}@sender.example>",
        f"Subject: Your account number {number % 7} is on hold",
    ]
    body = [f"Please go to http://link{number}.kestrel.example/{token} today, dear customer of branch {number % 7}.",
            "We had to put your account on hold for your own safety."]
    if kind == "gmime-groups":
        head.append("X-Mock: gmime")
        head.append("To: " + "a:" * 60000)
    elif kind == "gmime-boundary":
        head.append("X-Mock: gmime")
        head.append('Content-Type: multipart/mixed; boundary=zz; ' + "n" * 71 + '="\u00e9"')
        body = ["--zz", "Content-Type: text/plain", "", *body, "--zz--"]
    elif kind:
        head.append(f"X-Mock: {kind}")
    return ("\n".join(head) + "\n\n" + "\n".join(body) + "\n").encode("latin-1")


def make_archive(path, mails, every, kinds):
    """Returns the poisoned ones, (entry, offset) -> (number, kind), and all raw mails by id order."""
    poisoned, raws = {}, []
    with tarfile.open(path, "w:gz") as tar:
        for first in range(0, mails, 500):
            entry, box = f"box/{first // 500:03}.mbox", bytearray()
            for number in range(first, min(first + 500, mails)):
                turn = number // every
                kind = kinds[turn % len(kinds)] if number % every == every // 2 else None
                raw = mail(number, kind)
                box += b"From sender@sender.example Mon Nov 23 00:00:00 2026\n"
                if kind:
                    poisoned[(entry, len(box) - 52)] = (number, kind)
                box += raw + b"\n"
                raws.append(raw)
            info = tarfile.TarInfo(entry)
            info.size = len(box)
            tar.addfile(info, io.BytesIO(bytes(box)))
    return poisoned, raws


def spin():
    while True:
        pass


def run(program, work, name, archive, jobs, cpu):
    command = [program, "run", "-q", f"-j{jobs}", "-s", f"{work}/{name}/store", "-o", f"{work}/{name}/out",
               "--as-of", "2026-12-01", "--format=all", "--message-cpu", str(cpu), archive]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, timeout=7200, check=False)
    return done.returncode, time.monotonic() - started, done.stderr.decode(errors="replace")


def lines_of(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def need(ok, text):
    if not ok:
        print(f"FAILED: {text}")
        sys.exit(1)


def check(work, name, archive, poisoned, raws):
    out = f"{work}/{name}/out"
    rejects = lines_of(f"{out}/rejects.jsonl")
    crashed = {(r["entry"], r["offset"]): r for r in rejects if r["reason"] == "crashed"}
    need(len(crashed) == len(rejects), f"other rejects: {[r for r in rejects if r['reason'] != 'crashed'][:3]}")
    missing = sorted(set(poisoned) - set(crashed))
    innocent = sorted(set(crashed) - set(poisoned))
    need(not innocent, f"innocents in quarantine: {[crashed[i] for i in innocent[:3]]}")
    need(not missing, f"poison that did nothing: {[(m, poisoned[m]) for m in missing[:3]]}")
    for place, (number, kind) in poisoned.items():
        reject = crashed[place]
        need(reject["archive"] == os.path.basename(archive), f"archive of {reject}")
        need(re.search(KINDS[kind], reject["detail"]), f"{kind}: the cause is {reject['detail']!r}")
    messages = lines_of(f"{out}/messages.jsonl")
    need(len(messages) == len(raws), f"{len(messages)} messages of {len(raws)}")
    wanted = {hashlib.sha256(raw).hexdigest(): number for number, raw in enumerate(raws)}
    by_place = {(m["origin"]["entry"], m["origin"]["offset"]): m for m in messages}
    need(all(m["sightings"] == 1 for m in messages), "a mail was counted twice")
    flagged = {place for place, m in by_place.items() if "crashed" in m["flags"]}
    need(flagged == set(poisoned), f"flagged crashed: {len(flagged)} of {len(poisoned)}")
    links = {i["value"] for i in lines_of(f"{out}/indicators.jsonl") if i["kind"] == "url"}
    for place, (number, kind) in poisoned.items():
        url = [i for i in by_place[place]["indicators"] if i["kind"] == "url"]
        want = f"http://link{number}.kestrel.example/{hashlib.sha256(b'%d' % number).hexdigest()[:16]}"
        need(any(i["value"] == want and i["view"] == "raw" for i in url), f"{kind}: link {want} not in {url}")
        need(want in links, f"{kind}: link {want} is not among the indicators")
    kept = {}
    for where, _, names in os.walk(f"{work}/{name}/store/quarantine"):
        for file in names:
            if file.endswith(".eml"):
                with open(os.path.join(where, file), "rb") as f:
                    kept[hashlib.sha256(f.read()).hexdigest()] = file
    need(sorted(wanted[k] for k in kept) == sorted(n for n, _ in poisoned.values()), f"{len(kept)} mails in quarantine")
    with open(f"{out}/run.json", encoding="utf-8") as f:
        counts = json.load(f)["counts"]
    need(counts["crashed"] == len(poisoned), f"run.json counts {counts['crashed']} crashed")
    return counts


def outcome(work, name, poisoned):
    """All outputs but run.json; MANIFEST.sha256 follows from them. GMime's endless loop over a type eats memory, too: which
    of the two ends it hangs on how fast the machine is, so what is said of its end is left out."""
    files = {}
    for where, _, names in os.walk(f"{work}/{name}/out"):
        for file in set(names) - {"run.json", "MANIFEST.sha256", "rejects.jsonl"}:
            with open(os.path.join(where, file), "rb") as f:
                files[os.path.relpath(os.path.join(where, file), f"{work}/{name}/out")] = f.read()
    rejects = lines_of(f"{work}/{name}/out/rejects.jsonl")
    for reject in rejects:
        if poisoned[(reject["entry"], reject["offset"])][1] == "gmime-boundary":
            del reject["detail"]
    files["rejects.jsonl"] = rejects
    return files


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--every", type=int, default=25)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--cpu", type=int, default=300)
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--keep")
    args = parser.parse_args()
    program = os.path.abspath(args.program)
    work = args.keep or tempfile.mkdtemp(prefix="poison-")
    busy = [multiprocessing.Process(target=spin, daemon=True) for _ in range(os.cpu_count() if args.load else 0)]
    try:
        os.makedirs(work, exist_ok=True)
        archive = f"{work}/poison.tar.gz"
        poisoned, raws = make_archive(archive, args.mails, args.every, args.kinds.split(","))
        for process in busy:
            process.start()
        outcomes = []
        for jobs in (2, 1):
            code, seconds, said = run(program, work, f"j{jobs}", archive, jobs, args.cpu)
            need(code == 1, f"-j{jobs}: exit {code}: {said[-600:]}")
            counts = check(work, f"j{jobs}", archive, poisoned, raws)
            outcomes.append(outcome(work, f"j{jobs}", poisoned))
            print(f"-j{jobs}: {len(raws)} mails, {len(poisoned)} poisoned ({len(set(k for _, k in poisoned.values()))} kinds), "
                  f"{counts['cells_died']} cells died, {seconds:.1f} s: exactly the poisoned ones in quarantine")
        differ = [file for file in outcomes[0] | outcomes[1] if outcomes[0].get(file) != outcomes[1].get(file)]
        need(not differ, f"-j1 and -j2 differ in {differ}")
    finally:
        for process in busy:
            process.kill()
        if not args.keep:
            shutil.rmtree(work, ignore_errors=True)


main()
