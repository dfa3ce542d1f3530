#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 82: thousands of equal mails, mails that are equal but for one line, and two stores that share no key.

usage: case_82_duplicates.py SPAMLOOM [CASE...]
"""
import os
import sys

import rig
from rig import need

FROM = b"From notice@sender.example Mon Nov 23 12:00:00 2026\n"
COPIES = 5000


def case_82_identical(r):
    path = r.write("a.mbox", (FROM + rig.mail(1) + b"\n") * COPIES)
    run = r.run("n", [path], "-j2").expect(0)
    seen = [x["sightings"] for x in run.messages().values()]
    need(seen == [COPIES], f"one mail seen {COPIES} times was expected, not {seen[:5]}")
    return f"{COPIES} copies, reading {run.json()['reading_ms']} ms"


def case_82_identical_but_received(r):
    """Other bytes are another message, in the same variant and campaign."""
    mails = [f"Received: from h{n}.sender.example ([198.51.100.{n + 1}]) by mx.trap.example;\n"
             " Mon, 23 Nov 2026 04:00:00 +0000\n".encode() + rig.mail(1) for n in range(200)]
    path = r.write("a.mbox", b"".join(FROM + m + b"\n" for m in mails))
    got = r.run("n", [path], "-j2").expect(0).messages().values()
    need(len(got) == 200, f"{len(got)} of 200 messages")
    need(len({x["campaign"] for x in got}) == 1 and len({x["variant"] for x in got}) == 1, "more than one campaign")


def case_82_bytes_at_the_end(r):
    """A NUL, a blank or an empty line more is another message."""
    base = rig.mail(1)
    ends = (b"", b"\0", b"\0\0", b" ", b"\n\n", b"\r\n", b"x")
    for n, end in enumerate(ends):
        os.makedirs(r.path("d"), exist_ok=True)
        r.write(f"d/{n}.eml", base + end)
    got = r.run("n", [r.path("d")]).expect(0).messages()
    need(len(got) == len(ends), f"{len(got)} messages of {len(ends)}")


def case_82_stores_share_no_key(r):
    """Outputs are equal, the keys below them are not: who knows one store's keys knows nothing of another's."""
    path = r.write("a.mbox", rig.mbox(range(50)))
    one, two = r.run("one", [path]).expect(0), r.run("two", [path]).expect(0)
    r.same(two, one.tree(), "the second store")
    raw = []
    for name in ("one", "two"):
        for where, _, names in os.walk(r.path(name, "store")):
            raw += [open(os.path.join(where, x), "rb").read() for x in names if x.endswith(".mdb") and "lock" not in x]
    need(len(raw) == 2 and raw[0] != raw[1], "two stores of the same mails are byte for byte the same")


sys.exit(rig.main(globals()))
