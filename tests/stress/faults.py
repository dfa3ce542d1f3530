#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Let each system call and each allocation of the engine fail: the outputs are right, or the run says they are not.

Cases 72 and 73 of the catalogue.

usage: faults.py SPAMLOOM syscalls|malloc|both [--sample N] [--seed S] [--first N] [--spread N] [--only CALL[,CALL]]
       [--places N] [--jobs N] [--go-on]

syscalls: each distinct system call of the engine (its threads, not its children) x ENOSPC, EIO, EINTR, EMFILE,
ENOMEM, short read or write x once, at so many places of the run (12), and for ever from a third of them.
malloc: each of the first N (2,000) allocations after main() fails, and N (2,000) spread over the others: most of the
first ones are those of OpenSSL. Once, and with all behind it.
--sample takes N of all of these, and a fixed few that were wrong before, and stops at the first that is wrong; not so
with --go-on.

After each disturbed run over 200 mails this must hold:
  exit 0: the outputs are those of an undisturbed run;
  exit 1: so, or what could not be read is named in the log or in rejects.jsonl;
  else:   a reason is on stderr, and a manifest, if there is one, is true.
Whatever the exit: no mail is in quarantine or rejected as "crashed", for none of them is to blame.
Never a hang, never a signal but SIGABRT; without memory a library may also end with SIGSEGV. A run after it,
undisturbed, leaves the outputs of an undisturbed run; where an input could not be read that night, it comes in the
next one: then campaigns and night.json tell of two nights. "limit-memory" in rejects.jsonl stays: libarchive does not
say whether the archive asked for too much or the machine had too little.
EINTR for ever may hang (no kernel does that, and a loop around a lock believes it), and is ended after some seconds.
"""
import argparse
import collections
import concurrent.futures
import errno
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import faultmails

HERE = os.path.dirname(os.path.abspath(__file__))
ERRORS = ("ENOSPC", "EIO", "EINTR", "EMFILE", "ENOMEM")
LENGTHS = ("read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "sendto", "recvfrom")
# By their definition these cannot fail, or nobody comes back from them.
NEVER_FAIL = set("""exit exit_group rt_sigreturn restart_syscall getpid gettid getppid getuid geteuid getgid getegid
    sched_yield clock_gettime gettimeofday time umask set_tid_address set_robust_list rseq arch_prctl alarm""".split())
# Rows of every sample. The engine talks to its cells: what fails there must not be taken for the death of one.
FIXED = [(name, fault, at, forever) for name in ("poll", "recvmsg", "sendmsg") for fault, at, forever in
         (("ENOMEM", 4, False), ("EIO", 9, False), ("EINTR", 6, False), ("ENOMEM", 7, True))]
FIXED += [("socketpair", "EMFILE", 2, False), ("close", "EIO", 1, True), ("clone", "ENOMEM", 2, False)]
FIXED_MALLOC = range(1, 6)  # setenv() and tzset(): a cell that does not know the zone opens a file, and dies of it
HANG, HANG_EINTR = 60, 4
SKIP = 77
ENDS = {64, 65, 66, 70, 73, 74, 75, 78, -signal.SIGABRT, -signal.SIGTRAP}  # GLib ends with a trap
UNREAD = ("cannot read", "cannot open", "cannot make a temporary", "cannot write a temporary", "cannot walk")

Case = collections.namedtuple("Case", "what fault at forever damaged jobs")


def read_tree(folder):
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if name != "run.json":
                with open(path, "rb") as f:
                    found[os.path.relpath(path, folder)] = f.read()
    return found


def differences(got, want):
    return sorted(n for n in set(got) | set(want) if got.get(n) != want.get(n))


def without_nights(tree):
    """What does not depend on whether the mails came in one night or in two."""
    kept = {n: re.sub(rb"\bc[a-z2-7]{16}\b", b"", b) for n, b in tree.items()
            if n.startswith(("messages", "indicators", "lists/"))}
    kept["rejects.jsonl"] = re.sub(rb'"night":\d+', b"", tree["rejects.jsonl"])
    return kept


def kill_group(process):
    """And wait for the end of all: the program outlives its tracer by a moment, and the lock of the store with it."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(500):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        time.sleep(0.01)


def innocents(box, tree):
    """What the run says of mails that died of nothing of their own, or None."""
    kept = [n for _, _, names in os.walk(f"{box}/store/quarantine") for n in names]
    rejects = re.findall(rb'"(?:reader-)?crashed"|"set-aside"', tree.get("rejects.jsonl", b""))
    return f"innocent: {len(kept)} files in quarantine, {len(rejects)} rejects" if kept or rejects else None


def lacks_memory(got, want):
    """More was rejected for want of memory."""
    got, want = (t.get("rejects.jsonl", b"").count(b'"limit-memory"') for t in (got, want))
    return got > want


def manifest_lies(tree):
    """Names under a manifest whose sums are not those of the files."""
    lines = tree.get("MANIFEST.sha256", b"").decode().split("\n")[:-1]
    pairs = [line.split("  ", 1) for line in lines]
    return [n for s, n in pairs if n not in tree or hashlib.sha256(tree[n]).hexdigest() != s]


def call_numbers():
    text = subprocess.run(["cc", "-E", "-dM", "-x", "c", "-"], input="#include <sys/syscall.h>\n", text=True,
                          capture_output=True, check=True).stdout
    words = [line.split() for line in text.split("\n") if line.startswith("#define __NR_")]
    return {w[1][5:]: int(w[2]) for w in words if len(w) == 3 and w[2].isdigit()}


class Rig:
    def __init__(self, spamloom, work, jobs):
        self.spamloom, self.work, self.jobs = os.path.abspath(spamloom), work, jobs
        self.inject = self.tool("inject", "inject.c", [])
        self.failmalloc = self.tool("libfailmalloc.so", "failmalloc.c", ["-shared", "-fPIC"])
        self.truth, self.code = {}, {}
        for damaged in (False, True):
            faultmails.write_folder(self.input(damaged), damaged)
            box = self.box(f"truth{damaged:d}")
            self.code[damaged], err = self.run(box, damaged, 1, [], {})
            self.truth[damaged] = read_tree(f"{box}/out")
            assert self.code[damaged] == damaged and "MANIFEST.sha256" in self.truth[damaged], err
            assert len(self.truth[damaged]["messages.jsonl"].split(b"\n")) > 200

    def tool(self, name, source, options):
        built = os.path.join(os.path.dirname(self.spamloom), "tests", name)
        if not os.path.exists(built):
            built = os.path.join(self.work, name)
            subprocess.run(["cc", "-std=c17", "-D_GNU_SOURCE", "-O2", *options, os.path.join(HERE, source), "-o",
                            built], check=True)
        return built

    def input(self, damaged):
        return f"{self.work}/in{damaged:d}"

    def box(self, name):
        box = f"{self.work}/{name}"
        os.mkdir(box)
        return box

    def run(self, box, damaged, jobs, before, env, patience=HANG):
        """Exit code (None: it hung) and what was said."""
        command = [*before, self.spamloom, "run", "-q", f"-j{jobs}", "-s", f"{box}/store", "-o", f"{box}/out",
                   "--as-of", "2026-12-01", "--format=all", "--offline", self.input(damaged)]
        # so set, the program does not start itself once more
        env = {**os.environ, "G_SLICE": "always-malloc", "TMPDIR": self.work, **env}
        with open(f"{box}/stderr", "w+b") as err, subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err, env=env,
                start_new_session=True) as p:
            try:
                code = p.wait(patience)
            except subprocess.TimeoutExpired:
                kill_group(p)
                code = None
            err.seek(0)
            return code, err.read().decode(errors="replace")

    def disturbance(self, case, numbers):
        if case.what == "malloc":
            return [], {"LD_PRELOAD": self.failmalloc, "FAIL_AT": str(case.at), "FAIL_FOREVER": f"{case.forever:d}"}
        fault = case.fault if case.fault == "short" else str(getattr(errno, case.fault))
        when = f"{case.at}{'+' if case.forever else ''}"
        return [self.inject, str(numbers[case.what]), fault, when, "--"], {}

    def check(self, case, numbers):
        """What came out of it, in a word or two, and what is wrong with it, or None."""
        box = tempfile.mkdtemp(dir=self.work)
        patience = HANG_EINTR if may_turn_for_ever(case) else HANG
        code, err = self.run(box, case.damaged, case.jobs, *self.disturbance(case, numbers), patience)
        tree = read_tree(f"{box}/out")
        wrong = innocents(box, tree) or self.judge(case, code, err, tree)
        if not wrong and not (code == 0 and self.quick):
            wrong = self.heal(case, box, code, any(words in err for words in UNREAD))
        shutil.rmtree(box)
        return f"exit {code}", f"{wrong}; exit {code}; said: {err.strip()[-400:]}" if wrong else None

    def judge(self, case, code, err, tree):
        same = not differences(tree, self.truth[case.damaged])
        if code is None:
            return None if may_turn_for_ever(case) else "hangs"
        if code in (0, 1):
            if same and code == self.code[case.damaged]:
                return None
            if code == 0:
                return f"exit 0 with wrong outputs {differences(tree, self.truth[case.damaged])}"
            rejects = [t.get("rejects.jsonl", b"").count(b"\n") for t in (tree, self.truth[case.damaged])]
            told = rejects[0] > rejects[1] or lacks_memory(tree, self.truth[case.damaged]) or any(words in err for words in UNREAD)
            return None if told else "exit 1, and nothing says what is missing"
        if code not in ENDS and not (case.what == "malloc" and code == -signal.SIGSEGV):
            return "unexpected end"
        if not err.strip() and not case.what.startswith(("write", "fcntl")) and code >= 0:
            return "ends without a reason"
        return f"manifest does not fit {manifest_lies(tree)}" if manifest_lies(tree) else None

    def heal(self, case, box, before, two_nights):
        code, err = self.run(box, case.damaged, case.jobs, [], {})
        got, want = read_tree(f"{box}/out"), self.truth[case.damaged]
        if lacks_memory(got, want):
            return None if code == 1 and not manifest_lies(got) else "the next run does not end well"
        if two_nights and got.keys() == want.keys() and not manifest_lies(got):
            got, want = without_nights(got), without_nights(want)
        bad = differences(got, want)
        if code == self.code[case.damaged] and not bad:
            return None
        return f"after exit {before} the next run ends with {code}, {bad} differ, says {err.strip()[-300:]}"

    quick = False


def may_turn_for_ever(case):
    """LMDB makes an interrupted call again, mimalloc an mprotect that failed."""
    return case.forever and (case.fault == "EINTR" or case.what == "mprotect")


def places(count, most):
    """Up to `most` numbers from 1 to `count`, spread over them, both ends among them."""
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (most - 1)) for i in range(most)})


def count_calls(rig, numbers):
    box = rig.box("count")
    code, err = rig.run(box, True, 1, [rig.inject, "count", f"{box}/counts", "--"], {})
    if code == SKIP:
        print("skipped: tracing is not possible here", err)
        sys.exit(SKIP)
    assert code == 1, (code, err)
    names = {n: name for name, n in numbers.items()}
    with open(f"{box}/counts", encoding="ascii") as f:
        rows = [[int(x) for x in line.split()] for line in f]
    return {names[number]: count for number, count in rows}


def call_cases(counts, only, most_once):
    cases = []
    for name in sorted(counts):
        if name in NEVER_FAIL or (only and name not in only):
            continue
        faults = ("ENOMEM",) if name == "brk" else (*ERRORS, "short") if name in LENGTHS else ERRORS
        for fault in faults:
            for forever, most in ((False, most_once), (True, most_once // 3)):
                for at in places(counts[name], most):
                    n = len(cases)
                    cases.append(Case(name, fault, at, forever, n % 3 == 1, 1 + n // 2 % 2))
    return cases


def count_allocations(rig):
    box = rig.box("allocations")
    code, err = rig.run(box, True, 1, [], {"LD_PRELOAD": rig.failmalloc, "FAIL_COUNT": f"{box}/n"})
    assert code == 1, (code, err)
    with open(f"{box}/n", encoding="ascii") as f:
        return int(f.read())


def all_cases(rig, options, numbers):
    cases = []
    if options.what != "malloc":
        counts = count_calls(rig, numbers)
        only = options.only.split(",") if options.only else None
        cases += call_cases(counts, only, options.places)
        print(f"{sum(counts.values())} system calls after main(), {len(counts)} distinct:",
              " ".join(f"{name}:{n}" for name, n in sorted(counts.items())))
    if options.what != "syscalls":
        total = count_allocations(rig)
        first = min(options.first, total)
        spread = [first + at for at in places(total - first, options.spread)]
        print(f"{total} allocations; the first {first} fail, and {len(spread)} of the others")
        cases += [Case("malloc", "ENOMEM", at, forever, at % 3 == 1, 1 + at // 2 % 2)
                  for at in (*range(1, first + 1), *spread) for forever in (False, True)]
    if options.sample:
        cases = random.Random(options.seed).sample(cases, min(options.sample, len(cases)))
        if options.what != "malloc" and not options.only:
            cases += [Case(name, fault, at, forever, n % 2 == 1, 2)
                      for n, (name, fault, at, forever) in enumerate(FIXED)]
        if options.what != "syscalls":
            cases += [Case("malloc", "ENOMEM", at, False, at % 2 == 1, 2) for at in FIXED_MALLOC]
    return cases


def show(case):
    when = f"from number {case.at} on" if case.forever else f"number {case.at}"
    return f"{case.what} {case.fault} {when}, {'damaged' if case.damaged else 'whole'} input, -j{case.jobs}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spamloom")
    parser.add_argument("what", choices=("syscalls", "malloc", "both"))
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=2000)
    parser.add_argument("--spread", type=int, default=2000)
    parser.add_argument("--only")
    parser.add_argument("--places", type=int, default=12)
    parser.add_argument("--go-on", action="store_true")
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    numbers = call_numbers()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    began, ends, failed = time.monotonic(), collections.Counter(), 0
    with tempfile.TemporaryDirectory(dir=memory, prefix="faults.") as work, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        rig = Rig(options.spamloom, work, options.jobs)
        rig.quick = bool(options.sample) and not options.go_on
        cases = all_cases(rig, options, numbers)
        runs = {pool.submit(rig.check, case, numbers): case for case in cases}
        for run in concurrent.futures.as_completed(runs):
            how, wrong = run.result()
            ends["hangs" if how == "exit None" else how] += 1
            if wrong:
                failed += 1
                print(f"WRONG: {show(runs[run])}: {wrong}", flush=True)
                if rig.quick:
                    pool.shutdown(wait=True, cancel_futures=True)
                    break
    print(f"{sum(ends.values())} disturbed runs in {time.monotonic() - began:.0f} s:",
          ", ".join(f"{n} {how}" for how, n in sorted(ends.items())), f"- {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
