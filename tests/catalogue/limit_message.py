#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""limit.message, one below, at and one above: only the last message is cut and flagged, and the run says so.

usage: limit_message.py SPAMLOOM [CASE...]
"""
import sys

import rig
from rig import need

LIMIT = 5000


def message(size):
    head = b"From: a@kumo.example\nSubject: t\nDate: Mon, 23 Nov 2026 12:00:00 +0000\n\nsee http://kumo.example/ "
    return head + b"x" * (size - len(head) - 1) + b"\n"


def case_limit_message(r):
    option = f"--limit.message={LIMIT}"
    for size, code in ((LIMIT - 1, 0), (LIMIT, 0), (LIMIT + 1, 1)):
        for kind in ("single", "mbox"):
            name = f"{kind}{size}"
            data = message(size)
            if kind == "mbox":
                line = b"From a@kumo.example Mon Nov 23 12:00:00 2026\n"
                data = line + data + b"\n" + line + message(200) + b"\n"
            run = r.run(name, [r.write(f"{name}.eml", data)], option).expect(code)
            flagged = [m for m in run.messages().values() if "limit-message" in m["flags"]]
            want = 1 if size > LIMIT else 0
            need(len(flagged) == want, f"{name}: {len(flagged)} messages are flagged, expected {want}")
            lengths = sorted(m["origin"]["length"] for m in run.messages().values())
            need(kind == "mbox" or lengths == [size], f"{name}: lengths {lengths}, expected {size}")
            need(len(lengths) == (2 if kind == "mbox" else 1), f"{name}: {len(lengths)} messages")


sys.exit(rig.main(globals()))
