# SPDX-License-Identifier: Apache-2.0
"""Other programs on the same mails, each by a small adapter.

A peer is a name, what it does, whether it is there, and how it is run. `command` gets a Desk (the corpus and a folder
of unpacked mails) and an empty folder to work in. An adapter that times itself prints "peer cpu SECONDS ...": its
start-up does not count then.
"""
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Callable

import measure

URL = r'''https?://[^\s"'<>]+'''
OWN_TIME = re.compile(r"^peer cpu ([0-9.]+)", re.MULTILINE)


@dataclass
class Desk:
    files: list   # the archives of the corpus
    maildir: str  # unpacked mails lie in maildir/cur
    cpus: set


@dataclass
class Peer:
    name: str
    what: str
    needs: str  # "mails": the unpacked ones; "files": the archives themselves
    present: Callable
    command: Callable
    env: Callable = lambda desk: {}
    codes: tuple = (0,)


def adapter(name):
    return os.path.join(measure.HERE, "peers", name)


def mails_of(desk):
    return os.path.join(desk.maildir, "cur")


def mu_command(desk, work):
    """The empty database is made before the clock starts."""
    subprocess.run(["mu", "init", "--muhome=" + work, "--maildir=" + desk.maildir], check=True, capture_output=True)
    return ["mu", "index", "--quiet", "--muhome=" + work]


def notmuch_command(desk, work):
    box = os.path.join(work, "mail")  # the database lies within; the mails are linked, not copied
    os.mkdir(box)
    os.symlink(mails_of(desk), os.path.join(box, "cur"))
    config = os.path.join(work, "config")
    with open(config, "w", encoding="utf-8") as f:
        f.write(f"[database]\npath={box}\n[user]\nname=Bench\nprimary_email=bench@example.net\n[new]\ntags=new\n")
    return ["notmuch", "--config=" + config, "new", "--quiet", "--no-hooks"]


PEERS = [
    Peer("rspamd", "parser and URLs, no rules; start-up apart", "mails", lambda: shutil.which("rspamadm"),
         lambda desk, work: ["rspamadm", "lua", "-b", adapter("rspamd.lua")], lambda desk: {"MAILS": mails_of(desk)}),
    Peer("ripgrep", "URLs in the bytes as they lie, nothing decoded", "files", lambda: shutil.which("rg"),
         lambda desk, work: ["rg", "-z", "-a", "-o", "-I", "-N", "-j", str(len(desk.cpus)), URL, *desk.files],
         codes=(0, 1)),
    Peer("python-email", "all parts decoded, URLs by re; start-up apart", "mails", lambda: True,
         lambda desk, work: [sys.executable, adapter("python_email.py"), mails_of(desk)]),
    Peer("mail-parser", "SpamScope's, URLs by re; start-up apart", "mails",
         lambda: importlib.util.find_spec("mailparser"),
         lambda desk, work: [sys.executable, adapter("spamscope.py"), mails_of(desk)]),
    Peer("mu", "index (GMime, Xapian)", "mails", lambda: shutil.which("mu"), mu_command),
    Peer("notmuch", "index (GMime, Xapian)", "mails", lambda: shutil.which("notmuch"), notmuch_command),
]


def choose(wanted):
    """Peers by "all", "none" or names; those that are not installed are left out, unless named."""
    if wanted == "none":
        return []
    if wanted == "all":
        return [p for p in PEERS if p.present()]
    by_name = {p.name: p for p in PEERS}
    chosen = []
    for name in wanted.split(","):
        if name not in by_name:
            raise measure.Failed(f"no peer {name}; there are: {', '.join(by_name)}")
        if not by_name[name].present():
            raise measure.Failed(f"{name} is not installed")
        chosen.append(by_name[name])
    return chosen


def run(peer, desk, work):
    """Measured once; CPU by its own clock where it has one."""
    cost = measure.cost_of(peer.command(desk, work), desk.cpus, codes=peer.codes, env=peer.env(desk))
    own = OWN_TIME.search(cost["output"])
    if own:
        cost["cpu"] = float(own.group(1))
    return cost
