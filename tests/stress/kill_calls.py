#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the engine at a chosen system call, then run again to the end: byte-identical (case 71).

usage: kill_calls.py SPAMLOOM [--kills 60] [--seed N]

Random instants seldom hit the narrow places, between a rename and the next or in a commit; here each distinct system call of
the engine is hit at its first, its last, and some calls between (tests/stress/inject.c).
"""
import argparse
import random
import shutil
import signal
import sys
import tempfile

import faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=71)
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix="kill-calls-")
    try:
        rig = faults.Rig(args.program, work, 1)
        numbers = faults.call_numbers()
        counts = faults.count_calls(rig, numbers)
        each = max(2, 2 * args.kills // len(counts))
        cases = [(name, at) for name in sorted(counts) for at in faults.places(counts[name], each)]
        random.Random(args.seed).shuffle(cases)
        cases = cases[:args.kills]
        ended = 0
        for number, (name, at) in enumerate(cases):
            box = rig.box(f"k{number}")
            code, err = rig.run(box, True, 1 + number % 2, [rig.inject, str(numbers[name]), "kill", str(at), "--"], {})
            if code not in (-signal.SIGKILL, 1):  # with other threads a call may come fewer times
                print(f"FAILED: {name} {at}: exit {code}: {err[-300:]}")
                return 1
            ended += code == 1
            code, err = rig.run(box, True, 2 - number % 2, [], {})
            bad = faults.differences(faults.read_tree(f"{box}/out"), rig.truth[True])
            if code != 1 or bad:
                print(f"FAILED: {name} {at}: exit {code} after it, {bad}: {err[-300:]}")
                return 1
            shutil.rmtree(box)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"case_71: {len(cases)} kills at {len({n for n, _ in cases})} distinct calls ({ended} came too late): "
          "every end byte-identical")
    return 0


sys.exit(main())
