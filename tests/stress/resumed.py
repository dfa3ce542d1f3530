#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A run is stopped behind a mail that crashed and one that hit a limit, and goes on: it must not end as if all were well.

usage: resumed.py SPAMLOOM-MOCK
"""
import os
import signal
import subprocess
import sys
import tempfile

MAILS = 20000
WORDS = {"crash": "crashed", "limit": "limit-"}


def mail(number, kind):
    head = f"From trap@trap.example Sun Nov  1 10:00:00 2026\nFrom: a{number % 9}@kumo.example\nSubject: parcel {number}\n"
    if kind == "crash":
        head += "X-Mock: abort\n"
    if kind == "limit":
        head += "".join(f"X-Filler-{n}: {n}\n" for n in range(30000))
    return f"{head}\nWe hold parcel {number}.\n\n".encode()


def start(program, box, archive):
    command = [program, "run", "-q", "-j1", "-s", f"{box}/store", "-o", f"{box}/out", "--as-of", "2026-12-01", "--offline",
               archive]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def stopped_behind(program, box, archive, word):
    """The run gets a SIGTERM when it has said the word; its exit code."""
    with start(program, box, archive) as run:
        said = []
        for line in run.stderr:
            said.append(line)
            if word in line:
                run.send_signal(signal.SIGTERM)
                break
        said += run.stderr.readlines()
    assert any(word in line for line in said), said
    return run.returncode


def check(program, work, kind):
    box = f"{work}/{kind}"
    archive = f"{box}/box.mbox"
    os.mkdir(box)
    with open(archive, "wb") as f:
        for number in range(MAILS):
            f.write(mail(number, kind if number == 5 else ""))
    code = stopped_behind(program, box, archive, WORDS[kind])
    if code == 1:
        return f"{kind}: the run was over before it was told to stop"
    if code != 128 + signal.SIGTERM:
        return f"{kind}: the stopped run ends with {code}"
    for turn in ("goes on", "finds all of it known"):
        with start(program, box, archive) as run:
            said = run.stderr.read()
        if run.returncode != 1:
            return f"{kind}: the run that {turn} ends with {run.returncode}, not 1; it says {said}"
    return None


def main():
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(dir=memory, prefix="resumed.") as work:
        for kind in WORDS:
            wrong = check(program, work, kind)
            if wrong:
                print("WRONG:", wrong)
                return 1
    print(f"{len(WORDS)} runs over {MAILS} mails went on behind what they had to tell, and told it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
