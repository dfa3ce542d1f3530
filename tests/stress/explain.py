#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""explain reads a foreign mail, so it reads it in a cell: what ends the cell is said, with exit 70.

usage: explain.py SPAMLOOM-MOCK [--sanitized]

A clean mail, alone and inside archives within archives, is explained alike in both isolations. --sanitized leaves out
what the sanitizers' own use of memory hides.
"""
import gzip
import io
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

DEATHS = {  # what the mail asks for -> what must be said of it
    "crash": r"signal 11 \(Segmentation fault\)",
    "abort": r"signal 6 \(Aborted\)",
    "assert": r"signal 6 \(Aborted\): assertion failed: .*a mail asked for it",
    "loop": r"no end after \d+ ms of CPU",
    "exit": r"exit status 0",
    "execve": r"forbidden system call \d+ \(execve\)",
    "socket": r"forbidden system call \d+ \(socket\)",
    "open": r"forbidden system call \d+ \(openat\)",
    "ptrace": r"forbidden system call \d+ \(ptrace\)",
    "kill": r"forbidden system call \d+ \(kill\)",
    "eat": r"signal 6 \(Aborted\): out of memory",
    "glib-eat": r"signal 5 \(Trace/breakpoint trap\).*failed to allocate",
    "stack": r"signal 11 \(Segmentation fault\)",
}
HIDDEN = ("eat", "glib-eat", "stack")


def mail(word=""):
    head = "From: Kestrel Bank <notice@sender.example>\nSubject: on hold\nMessage-ID: <1@sender.example>\n"
    if word:
        head += f"X-Mock: {word}\n"
    return (head + "\nPlease go to http://kestrel.example.com/login today.\n").encode()


def nested(raw):
    """A mail in a zip in a tar in a gzip: each level wants a spool."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as z:
        z.writestr("mail.eml", raw)
    with tarfile.open(fileobj=outer, mode="w") as tar:
        info = tarfile.TarInfo("inner.zip")
        info.size = len(inner.getvalue())
        tar.addfile(info, io.BytesIO(inner.getvalue()))
    return gzip.compress(outer.getvalue(), mtime=0)


class Rig:
    def __init__(self, program, work):
        self.program, self.work = os.path.abspath(program), work

    def put(self, name, data):
        path = os.path.join(self.work, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def explain(self, path, *options, **more):
        return subprocess.run([self.program, "explain", "--as-of", "2026-11-24", *options, path],
                              capture_output=True, check=False, **more)


def need(ok, text):
    if not ok:
        print("WRONG:", text)
        sys.exit(1)


def deaths(rig, kinds):
    for kind in kinds:
        done = rig.explain(rig.put("poison.eml", mail(kind)), "--message-cpu", "500")
        words = done.stderr.decode()
        wanted = "the mail ended its reader: " + DEATHS[kind]
        need(done.returncode == 70, f"{kind}: exit {done.returncode}, not 70: {words}")
        need(re.search(wanted, words) and words.count("\n") == 1, f"{kind}: not one line like {wanted}: {words}")
        need(done.stdout == b"", f"{kind}: half a report: {done.stdout!r}")
    print(f"{len(kinds)} kinds of death, each exit 70 and a line")


def alike(rig):
    for name, data in (("plain.eml", mail()), ("nested.tar.gz", nested(mail())), ("none.bin", bytes(range(256)) * 64),
                       ("empty.eml", b""), ("large.eml", mail() + b"a line of text, number 1\n" * 400000)):
        path = rig.put(name, data)
        for form in ((), ("--json",)):
            first = rig.explain(path, "--isolation=process", *form)
            second = rig.explain(path, "--isolation=thread", *form)
            need(first.returncode in (0, 1), f"{name}: exit {first.returncode}: {first.stderr.decode()}")
            need((first.returncode, first.stdout) == (second.returncode, second.stdout),
                 f"{name} {form}: the isolations differ")
            need(name[:4] not in ("plai", "nest", "larg") or b"kestrel.example.com" in first.stdout,
                 f"{name}: the link is not told")
    with open(rig.put("plain.eml", mail()), "rb") as f:
        piped = rig.explain("-", stdin=f)
    need(piped.stdout == rig.explain(os.path.join(rig.work, "plain.eml")).stdout, "standard input is read otherwise")
    insisted = rig.explain(os.path.join(rig.work, "plain.eml"), "--require-sandbox")
    need(insisted.returncode == 0 or (insisted.returncode == 78 and b"--require-sandbox" in insisted.stderr),
         f"--require-sandbox: exit {insisted.returncode}: {insisted.stderr.decode()}")
    full = subprocess.run([rig.program, "explain", os.path.join(rig.work, "plain.eml")], check=False,
                          stdout=open("/dev/full", "wb"), stderr=subprocess.PIPE)
    need(full.returncode == 74, f"full standard output: exit {full.returncode}")
    print("both isolations tell the same; --require-sandbox: exit", insisted.returncode)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(x) for x in f.read().split()]
    except OSError:
        return []


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


def orphan(rig):
    parent = subprocess.Popen([rig.program, "explain", "--message-cpu", "600000", rig.put("loop.eml", mail("loop"))],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end, found = time.monotonic() + 60, []
    while not found and time.monotonic() < end:
        found = children(parent.pid)
        time.sleep(0.02)
    need(found, "no cell was seen")
    time.sleep(0.2)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 30
    while not all(gone(x) for x in found) and time.monotonic() < end:
        time.sleep(0.02)
    need(all(gone(x) for x in found), "the cell outlives the program")
    print("the cell goes with the program")


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        return 64
    kinds = [k for k in DEATHS if "--sanitized" not in sys.argv or k not in HIDDEN]
    with tempfile.TemporaryDirectory(prefix="explain-") as work:
        rig = Rig(sys.argv[1], work)
        alike(rig)
        deaths(rig, kinds)
        orphan(rig)
    return 0


sys.exit(main())
