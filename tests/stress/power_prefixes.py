#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rebuild what a disk may hold after a power cut at any write, start again, compare with an undisturbed night.

usage: power_prefixes.py SPAMLOOM [--prefixes 12] [--draws 1] [--seed 1] [--mails 64] [--model MODEL]
                         [--args "..."] [--control] [--births] [--go-on] [--keep FOLDER] [--library FILE]

A library to preload (writelog.c; built here with cc unless --library names it) logs each create, write, truncation,
sync, rename and removal in store and output. A first night and a second night are logged, and the log is proved whole:
played to its end it gives the files that are there. Then for sampled prefixes of the log the disk is rebuilt by one
of these models, and the night runs again, without the library:

  order    all of the prefix, call by call: what SIGKILL leaves
  torn     the same, with the last write cut off at a sector
  journal  names as of an ext4 journal: in order, up to some moment after the last sync that forced them out; of the
           data, what was synced, and of later pages any number of their writes; lengths too
  strict   names as of POSIX alone: a name is there for sure only when its folder was synced; data as above

MODEL may also be `all`, the first three, or `posix`, all four. Checked are the same things as by power.py, before and
after the run. --prefixes 0 tries every one, --draws N lets chance choose N times for each. --births adds what a torn
first write to the store's file leaves. --control takes the syncs out of the log, and wants faults to be seen. --go-on
does not stop at the first fault.
"""
import argparse
import collections
import os
import random
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import power_night as night

HERE = os.path.dirname(os.path.abspath(__file__))
CREATE, MKDIR, UNLINK, RENAME, WRITE, CUT, SYNC, SYNC_DIR = range(1, 9)
HEAD = struct.Struct("<IIQQIIII")
MAGIC = 0x676F6C77
PAGE, SECTOR = 4096, 512
MODELS = {"all": ("order", "torn", "journal", "journal", "journal"),
          "posix": ("order", "torn", "journal", "strict", "strict")}
UNSEEN = ("store/lock", "store/lock.mdb")  # written through a map or by the C library, and void after a boot

Op = collections.namedtuple("Op", "kind durable inode offset path other data")


class Fault(Exception):
    pass


def below(root, raw):
    """A path in the folder that is logged; the folder itself is ""."""
    path = os.path.relpath(raw.decode(), root) if raw else ""
    return "" if path == "." else path


def read_log(path, root):
    with open(path, "rb") as f:
        raw = f.read()
    ops, at = [], 0
    while at < len(raw):
        kind, flags, inode, offset, n_path, n_other, n_data, magic = HEAD.unpack_from(raw, at)
        assert magic == MAGIC, f"the log is torn at {at}"
        at += HEAD.size
        texts = [below(root, raw[at:at + n_path]), below(root, raw[at + n_path:at + n_path + n_other])]
        at += n_path + n_other
        ops.append(Op(kind, bool(flags & 1), inode, offset, *texts, raw[at:at + n_data]))
        at += n_data
    return ops


# ---- a disk ----

def lay(content, offset, data):
    if len(content) < offset + len(data):
        content.extend(bytes(offset + len(data) - len(content)))
    content[offset:offset + len(data)] = data


def cut(content, size):
    if size < len(content):
        del content[size:]
    content.extend(bytes(size - len(content)))


class Data:
    """What is safe of one file, and what is only in the page cache, in order."""

    def __init__(self, content=b""):
        self.safe, self.pending = bytearray(content), []

    def write(self, op):
        first = op.offset
        while first < op.offset + len(op.data):
            last = min((first // PAGE + 1) * PAGE, op.offset + len(op.data))
            self.pending.append((first // PAGE, first, op.data[first - op.offset:last - op.offset]))
            first = last
        if op.durable:
            self.settle({page for page in range(op.offset // PAGE, (op.offset + len(op.data) - 1) // PAGE + 1)})

    def truncate(self, size):
        self.pending.append((None, size, None))

    def apply(self, content, piece):
        page, at, data = piece
        if page is None:
            cut(content, at)
        else:
            lay(content, at, data)

    def settle(self, pages=None):
        """Make safe what is pending, of all pages or of some."""
        rest = []
        for piece in self.pending:
            if pages is None or piece[0] in pages:
                self.apply(self.safe, piece)
            else:
                rest.append(piece)
        self.pending = rest

    def some(self, rand):
        """The safe bytes, and of each page any number of the writes that came later."""
        content, share = bytearray(self.safe), rand.choice((0, 0.5, 1))
        seen, stop = collections.Counter(), {}
        for page in {piece[0] for piece in self.pending}:
            n = sum(piece[0] == page for piece in self.pending)
            stop[page] = {0: 0, 1: n}.get(share, rand.randint(0, n))
        for piece in self.pending:
            seen[piece[0]] += 1
            if seen[piece[0]] <= stop[piece[0]]:
                self.apply(content, piece)
        return content


class Disk:
    def __init__(self, start):
        """`start`: path -> inode or None for a folder, and inode -> content."""
        names, contents = start
        self.names = dict(names)  # those that are safe
        self.data = {inode: Data(content) for inode, content in contents.items()}
        self.moves = []  # of names, not yet safe

    @staticmethod
    def move(names, op):
        if op.kind == CREATE:
            names[op.path] = op.inode
        elif op.kind == MKDIR:
            names.setdefault(op.path, None)
        elif op.kind == UNLINK:
            names.pop(op.path, None)
        elif op.path in names:  # else what was renamed never reached the disk
            names[op.other] = names.pop(op.path)

    @staticmethod
    def folder(op):
        return os.path.dirname(op.path)

    def settle_names(self, wanted):
        rest = []
        for op in self.moves:
            if wanted(op):
                self.move(self.names, op)
            else:
                rest.append(op)
        self.moves = rest

    def sync(self, op, strict):
        if op.kind == SYNC:
            self.data[op.inode].settle()
        if strict and op.kind == SYNC_DIR:
            self.settle_names(lambda m: self.folder(m) == op.path)
        elif not strict:
            # the journal is one row of changes: what is forced out takes all before it along
            last = len(self.moves) if op.kind == SYNC_DIR else max(
                (i + 1 for i, m in enumerate(self.moves) if m.inode == op.inode), default=0)
            forced = set(map(id, self.moves[:last]))
            self.settle_names(lambda m: id(m) in forced)

    def step(self, op, strict, synced):
        if op.kind in (SYNC, SYNC_DIR):
            if synced:
                self.sync(op, strict)
        elif op.kind == WRITE:
            self.data[op.inode].write(op)
        elif op.kind == CUT:
            self.data[op.inode].truncate(op.offset)
        else:
            if op.kind == CREATE:
                self.data[op.inode] = Data()
            self.moves.append(op)

    def all(self):
        self.settle_names(lambda m: True)
        for data in self.data.values():
            data.settle()
        return self.names, {inode: data.safe for inode, data in self.data.items()}

    def some(self, rand, strict):
        names = dict(self.names)
        rows = collections.defaultdict(list)
        for op in self.moves:
            rows[self.folder(op) if strict else ""].append(op)
        for row in rows.values():
            for op in row[:rand.choice((0, len(row), rand.randint(0, len(row))))]:
                self.move(names, op)
        return names, {inode: data.some(rand) for inode, data in self.data.items()}


def reachable(names, path):
    while path := os.path.dirname(path):
        if path not in names:
            return False
    return True


def torn_size(model, size, rand):
    """How much of the last write there is."""
    if model == "torn":
        return rand.randrange(0, size, SECTOR)
    return int(model.split()[1]) if model.startswith("birth") else size


def rebuild(ops, start, k, model, rand, synced):
    disk = Disk(start)
    for i, op in enumerate(ops[:k]):
        if i == k - 1 and op.kind == WRITE and len(op.data) > SECTOR:
            op = op._replace(data=op.data[:torn_size(model, len(op.data), rand)])
        disk.step(op, model == "strict", synced)
    names, contents = disk.all() if model in ("order", "torn") or model.startswith("birth") else disk.some(rand, model == "strict")
    return {path: inode if inode is None else bytes(contents[inode])
            for path, inode in names.items() if reachable(names, path)}


def put_tree(tree, folder):
    for path, content in sorted(tree.items()):
        to = os.path.join(folder, path)
        if content is None:
            os.mkdir(to, 0o700)
        else:
            with open(to, "wb") as f:
                f.write(content)


def look(root):
    """What there is, as a disk begins with it."""
    names, contents = {}, {}
    for where, folders, files in os.walk(root):
        for name in folders:
            names[os.path.relpath(os.path.join(where, name), root)] = None
        for name in files:
            path = os.path.join(where, name)
            inode = os.stat(path).st_ino
            names[os.path.relpath(path, root)] = inode
            with open(path, "rb") as f:
                contents[inode] = f.read()
    return names, contents


# ---- the nights ----

class Replay:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.live = f"{work}/live"
        self.spamloom = os.path.abspath(options.spamloom)
        self.library = options.library or self.build()
        os.makedirs(f"{work}/in")
        os.mkdir(self.live)
        self.names = night.make_nights(f"{work}/in", options.seed, options.mails)
        self.want, self.code = [{}, None, None], [None, None, None]
        self.start, self.ops = [None, None, None], [None, None, None]
        self.done = collections.Counter()
        self.seen, self.partial = set(), 0

    def build(self):
        path = f"{self.work}/writelog.so"
        subprocess.run(["cc", "-std=c17", "-D_GNU_SOURCE", "-O2", "-shared", "-fPIC", "-o", path,
                        f"{HERE}/writelog.c"], check=True)
        return path

    def run(self, root, number, extra=None):
        command = [self.spamloom, "run", "-q", "-j2", "-s", f"{root}/store", "-o", f"{root}/out",
                   "--as-of", night.NIGHTS[number - 1], "--trust", "trap.example", *shlex.split(self.options.args)]
        return subprocess.run(command + [f"in/{name}" for name in self.names[number - 1]], cwd=self.work,
                              env=dict(os.environ, **(extra or {})), capture_output=True, text=True, check=False)

    def record(self, number):
        log = f"{self.work}/log{number}"
        self.start[number] = look(self.live)
        # the sanitizer's library wants to be the first of all
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        p = self.run(self.live, number, {"LD_PRELOAD": os.path.abspath(self.library), "WRITELOG_ROOT": self.live,
                                         "WRITELOG_FILE": log, "ASAN_OPTIONS": asan})
        assert p.returncode in (0, 1), f"night {number}: exit {p.returncode}: {p.stderr[-2000:]}"
        self.code[number] = p.returncode
        self.ops[number] = read_log(log, self.live)
        self.want[number] = night.read_tree(f"{self.live}/out")
        there = {path: content for path, content in night.read_tree(self.live).items() if path not in UNSEEN}
        played = rebuild(self.ops[number], self.start[number], len(self.ops[number]), "order", None, True)
        played = {path: content for path, content in played.items() if content is not None and path not in UNSEEN}
        wrong = sorted(x for x in set(there) | set(played) if there.get(x) != played.get(x))
        assert not wrong, f"the log of night {number} is not whole: {wrong}"
        kinds = collections.Counter(op.kind for op in self.ops[number])
        print(f"night {number}: {len(self.ops[number])} calls logged: {kinds[WRITE]} writes, "
              f"{kinds[SYNC] + kinds[SYNC_DIR]} syncs, {kinds[RENAME]} renames", flush=True)

    def judge(self, number, k, root):
        ended = k == len(self.ops[number])
        tree = night.read_tree(f"{root}/out")
        self.partial += night.MANIFEST not in tree
        fault = night.fault_of_output(tree, self.want[number - 1], self.want[number], ended)
        store = f"{root}/store"
        if not fault and (number == 2 or ended or os.path.exists(f"{store}/data.mdb")):
            fault = night.check_store(self.spamloom, store)
            if fault and number == 1 and not ended and "exit 66" in fault:
                fault = None
        if fault:
            raise Fault(f"before the run: {fault}")
        p = self.run(root, number)
        if p.returncode != self.code[number]:
            raise Fault(f"exit {p.returncode}, {self.code[number]} expected: {p.stderr.strip()[-500:]}")
        fault = night.fault_of_end(night.read_tree(f"{root}/out"), self.want[number]) \
            or night.check_store(self.spamloom, store)
        if fault:
            raise Fault(f"after the run: {fault}")

    def try_one(self, i, number, k, model):
        rand = random.Random(f"{self.options.seed}/{i}/{k}/{model}")
        root = f"{self.work}/root"
        shutil.rmtree(root, ignore_errors=True)
        os.mkdir(root)
        tree = rebuild(self.ops[number], self.start[number], k, model, rand, not self.options.control)
        self.done[model.split()[0]] += 1
        mark = hash((number, k == len(self.ops[number]), tuple(sorted(tree.items()))))
        if mark in self.seen:
            return None
        self.seen.add(mark)
        put_tree(tree, root)
        if self.options.keep:
            shutil.rmtree(self.options.keep, ignore_errors=True)
            shutil.copytree(root, self.options.keep)
        try:
            self.judge(number, k, root)
        except Fault as fault:
            last = self.ops[number][k - 1] if k else None
            what = f"{last.path or last.inode} {last.offset}+{len(last.data)} kind {last.kind}" if last else "nothing"
            return f"night {number}, {k} of {len(self.ops[number])} calls ({what}), {model}: {fault}"
        return None

    def is_birth(self, i, op):
        """The first write to a file of the store: the two header pages of LMDB."""
        return op.kind == WRITE and len(op.data) == 2 * PAGE and not any(o.kind == WRITE for o in self.ops[1][:i])

    def plan(self):
        """(night, length of the prefix, model): what was asked for out of all, spread; the whole logs are among it."""
        rand = random.Random(self.options.seed)
        models = MODELS.get(self.options.model, (self.options.model,))
        every = [(number, k, model) for number in (1, 2) for k in range(len(self.ops[number]) + 1)
                 for model in models for _ in range(1 if model == "order" else self.options.draws)]
        ends = [(number, len(self.ops[number]), models[-1]) for number in (1, 2)]
        births = [(1, i + 1, f"birth {size}") for i, op in enumerate(self.ops[1]) if self.is_birth(i, op)
                  for size in (1, SECTOR, PAGE, PAGE + SECTOR)]
        n = min(self.options.prefixes or len(every), len(every))
        picked = [every[rand.randrange(i * len(every) // n, (i + 1) * len(every) // n)] for i in range(n)]
        picked = picked if n == len(every) else picked[:-len(ends)] + ends
        return picked + births * self.options.births


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("spamloom")
    parser.add_argument("--prefixes", type=int, default=12)
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mails", type=int, default=64)
    parser.add_argument("--model", default="all")
    parser.add_argument("--args", default="")
    parser.add_argument("--library")
    parser.add_argument("--control", action="store_true")
    parser.add_argument("--births", action="store_true")
    parser.add_argument("--go-on", action="store_true")
    parser.add_argument("--keep")
    options = parser.parse_args()
    faults, started = [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="prefixes-", dir=night.quick_folder()) as work:
        replay = Replay(options, os.path.realpath(work))
        for number in (1, 2):
            replay.record(number)
        for i, (number, k, model) in enumerate(replay.plan()):
            fault = replay.try_one(i, number, k, model)
            if fault:
                faults.append(fault)
                print(fault, flush=True)
                if not options.control and not options.go_on:
                    break
    models = ", ".join(f"{name} {n}" for name, n in sorted(replay.done.items()))
    print(f"{sum(replay.done.values())} prefixes ({models}), {len(replay.seen)} different disks, "
          f"{replay.partial} without a manifest, {time.monotonic() - started:.1f} s: {len(faults)} faults")
    return int(bool(faults) != options.control)


if __name__ == "__main__":
    sys.exit(main())
