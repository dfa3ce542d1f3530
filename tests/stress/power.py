#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cut the power in the middle of a night, start again, compare with an undisturbed night.

usage: power.py SPAMLOOM [--cuts 30] [--seed 1] [--mails 3000] [--args "..."] [--control] [--keep FOLDER]

Needs the packages user-mode-linux and e2fsprogs, and no privilege; says that it is skipped without them. A run of
30 cuts takes some minutes, so it is no part of ctest.

A Linux kernel that runs as a process boots on the files of this machine, read-only, without a network. The store,
the output and the archives lie on an ext4 image, mounted with noauto_da_alloc and a journal that commits each
second, so that the file system does not cover up a sync that is missing. SIGKILL to all processes of that kernel
takes its page cache away, as a power cut does. Then, outside: e2fsck, and a look at the files. Then it boots again,
and the same command goes on, is cut again (one to three times a trial) or comes to its end.

After each cut: every file under its final name is the old one or the new one, whole; the manifest, if there is one,
is the old or the new one, and true; a run that had told of its end has left all of it; `spamloom check` finds the
store sound. At the end: all files but run.json are those of the undisturbed night, the exit code is the same, the
store is sound. Odd trials are a first night, even ones a second night over the store and output of a first.

Half of the instants are uniform over the run, the others are aimed at one phase after the other. The guest prints
which phase it is in: threads called reader, worker or committer mean reading; a change in the output folder means
writing; in between lies grouping.

Each sync of the program is made slower by a library to preload (nosync.c), so that instants by the clock hit what
lies between a write, its sync and the rename. --control lets that library lie about each sync, and wants faults.
--args gives more options to `spamloom run`. --keep leaves the image, the guest's script and its log of a fault.

Does not model a disk that reorders writes behind a flush: power-prefixes.py does.
"""
import argparse
import collections
import os
import random
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import power_night as night

HERE = os.path.dirname(os.path.abspath(__file__))
KERNEL = shutil.which("linux.uml")
PHASES = ("opening", "reading", "grouping", "writing", "ended")
AIMED = ("reading", "grouping", "writing", "writing")
IMAGE_BYTES = 64 << 20
BOOT_SECONDS, RUN_SECONDS = 60, 240

GUEST = r"""#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/run
mount -t proc proc /proc && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /dev/shm
mount -t ext4 -o noauto_da_alloc,commit=1 /dev/ubda /mnt || { echo "RIG broken: no disk"; exit; }
echo 20 >/proc/sys/vm/dirty_writeback_centisecs
echo @EXPIRE@ >/proc/sys/vm/dirty_expire_centisecs
mkfifo /run/tick; exec 9<>/run/tick
cd /mnt && : >/run/before && read -t 0.05 -u 9
phase() {
	if [ out/MANIFEST.sha256 -nt /run/before ]; then now=ended; return; fi
	if [ out -nt /run/before ] && files=(out/* out/.[!.]*) && [ -e "${files[0]}" -o -e "${files[-1]}" ]; then
		now=writing; return
	fi
	for process in /proc/[1-9]*; do
		[ "${process#/proc/}" -ge $pid ] || continue
		for task in "$process"/task/*/comm; do
			{ read -r name <"$task"; } 2>/dev/null
			case $name in *reader* | *worker* | *committer*) now=reading; return ;; esac
		done
	done
	[ "$now" = opening ] || now=grouping
}
echo "RIG start"
@ENV@ @COMMAND@ >/run/log 2>&1 &
pid=$!
now=opening last=
while [ -e /proc/$pid/exe ]; do
	phase
	[ "$now" = "$last" ] || echo "RIG phase $now"
	last=$now
	read -t 0.01 -u 9
done
wait $pid
echo "RIG exit $?"
while read -r line; do echo "LOG $line"; done <<<"$(tail -n 3 /run/log)"
@END@
echo "RIG idle"
while :; do read -t 60 -u 9; done
"""


class Fault(Exception):
    """What the program did wrong."""


class Broken(Exception):
    """What the rig could not do."""


# ---- the machine ----

def members(session):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(pid))
    return found


class Machine:
    def __init__(self, folder, memory, image, script):
        self.lines, self.rest, self.phase, self.exit = [], b"", None, None
        self.times = {}
        job = os.path.join(folder, "guest.sh")
        with open(job, "w", encoding="utf-8") as f:
            f.write(script)
        os.chmod(job, 0o755)
        os.makedirs(f"{folder}/uml", exist_ok=True)
        self.p = subprocess.Popen(
            [KERNEL, "mem=384M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "quiet", f"ubd0={image}",
             f"uml_dir={folder}/uml", "con=null", "con0=null,fd:1", "con1=null", f"init={job}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            cwd="/", env={"PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": memory})

    def take(self, line):
        self.lines.append(line)
        words = line.split()
        if line.startswith("RIG broken"):
            raise Broken(line)
        if line.startswith("RIG phase"):
            self.phase = words[2]
            self.times.setdefault(self.phase, time.monotonic())
        elif line.startswith("RIG exit"):
            self.exit = int(words[2])
            self.times["exit"] = time.monotonic()

    def listen(self, until, deadline):
        """Take lines until one begins so (True; one of these, if it is a tuple), or until the deadline (False)."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if not select.select([self.p.stdout], [], [], left)[0]:
                return False
            raw = os.read(self.p.stdout.fileno(), 65536)
            if not raw:
                raise Broken("the guest died: " + "\n".join(self.lines[-15:]))
            *whole, self.rest = (self.rest + raw).split(b"\n")
            found = False
            for line in whole:
                line = line.decode("utf-8", "replace").strip()
                self.take(line)
                found |= until is not None and line.startswith(until)
            if found:
                return True

    def wait_for(self, until, seconds):
        if not self.listen(until, time.monotonic() + seconds):
            raise Broken(f"no {until!r} within {seconds} s: " + "\n".join(self.lines[-15:]))

    def cut(self):
        """At once, and until nobody is left who could write to the image."""
        os.killpg(self.p.pid, signal.SIGKILL)
        self.p.wait()
        while left := members(self.p.pid):
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.002)
        self.p.stdout.close()


# ---- the disk ----

def tool(*command):
    p = subprocess.run(command, capture_output=True, text=True, check=False)
    return p.returncode, p.stdout + p.stderr


def make_image(path, folder):
    with open(path, "wb") as f:
        f.truncate(IMAGE_BYTES)
    code, said = tool("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,root_owner=0:0", "-d", folder, path)
    if code:
        raise Broken(f"mkfs.ext4: {said}")


def copy_image(source, to):
    subprocess.run(["cp", "--sparse=always", source, to], check=True)


def look(image, folder):
    """Repair the file system as a boot would, copy store and output out of it."""
    code, said = tool("e2fsck", "-fy", image)
    if code > 1:
        raise Broken(f"e2fsck: exit {code}: {said}")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in ("store", "out"):
        tool("debugfs", "-R", f'rdump /{name} "{folder}"', image)
        os.makedirs(f"{folder}/{name}", exist_ok=True)


# ---- the trials ----

class Rig:
    def __init__(self, options, work, quick):
        self.options, self.work, self.quick = options, work, quick
        self.spamloom = os.path.abspath(options.spamloom)
        self.hits, self.started = collections.Counter(), time.monotonic()
        self.cuts = self.trials = self.boots = self.manifests = 0
        self.preload = ""
        os.mkdir(f"{work}/in")
        self.names = night.make_nights(f"{work}/in", options.seed, options.mails)
        self.want = [{}, None, None]
        self.code = [None, None, None]
        self.length = [None, None, None]
        self.share = [None, None, None]

    def arguments(self, number):
        return [self.spamloom, "run", "-v", "-j2", "-s", "store", "-o", "out", "--as-of", night.NIGHTS[number - 1],
                "--trust", "trap.example", *shlex.split(self.options.args)] \
            + [f"in/{name}" for name in self.names[number - 1]]

    def prepare(self):
        """The images that trials begin with, and the undisturbed nights, outside of the guest."""
        base = f"{self.quick}/base"
        os.mkdir(base)
        shutil.copytree(f"{self.work}/in", f"{base}/in")
        for number in (1, 2):
            make_image(f"{self.quick}/base{number}.img", base)
            p = subprocess.run(self.arguments(number), cwd=base, capture_output=True, text=True, check=False)
            if p.returncode not in (0, 1):
                raise Broken(f"undisturbed night {number}: exit {p.returncode}: {p.stderr[-2000:]}")
            self.code[number] = p.returncode
            self.want[number] = night.read_tree(f"{base}/out")
        for library, how in (("slow", []), ("lie", ["-DLIE"])):
            code, said = tool("cc", "-std=c17", "-D_GNU_SOURCE", "-O2", "-shared", "-fPIC", *how, "-o",
                              f"{self.work}/{library}.so", f"{HERE}/nosync.c")
            if code:
                raise Broken(f"cc: {said}")

    def boot(self, image, number, rand, to_end):
        self.boots += 1
        script = GUEST.replace("@COMMAND@", shlex.join(self.arguments(number)))
        script = script.replace("@ENV@", f"LD_PRELOAD={shlex.quote(self.preload)}")
        script = script.replace("@EXPIRE@", str(rand.choice((20, 100, 3000))))
        script = script.replace("@END@", "cd / && sync && umount /mnt" if to_end else "")
        machine = Machine(self.work, self.quick, image, script)
        try:
            machine.wait_for("RIG start", BOOT_SECONDS)
        except BaseException:
            machine.cut()
            raise
        return machine

    def run_to_end(self, image, number, rand):
        machine = self.boot(image, number, rand, True)
        started = time.monotonic()
        try:
            machine.wait_for("RIG idle", RUN_SECONDS)
        finally:
            machine.cut()
        machine.times["start"] = started
        look(image, f"{self.quick}/seen")
        self.judge_end(machine, number)
        return machine

    def judge_end(self, machine, number):
        if machine.exit != self.code[number]:
            raise Fault(f"exit {machine.exit}, {self.code[number]} expected: "
                        + " / ".join(x[4:] for x in machine.lines if x.startswith("LOG")))
        fault = night.fault_of_end(night.read_tree(f"{self.quick}/seen/out"), self.want[number]) \
            or night.check_store(self.spamloom, f"{self.quick}/seen/store")
        if fault:
            raise Fault(f"after the end: {fault}")

    def measure(self):
        """The undisturbed nights in the guest: how long they take, and that they give the same."""
        for number in (1, 2):
            copy_image(f"{self.quick}/base{number}.img", f"{self.quick}/disk.img")
            m = self.run_to_end(f"{self.quick}/disk.img", number, random.Random(self.options.seed))
            marks = [m.times["start"]] + [m.times.get(p) for p in PHASES[1:4]] + [m.times["exit"]]
            marks = [at if at is not None else marks[i + 1] or marks[0] for i, at in enumerate(marks)]
            self.length[number] = marks[-1] - marks[0]
            self.share[number] = [b - a for a, b in zip(marks, marks[1:])]
            print(f"night {number} in the guest: {self.length[number]:.2f} s (" + ", ".join(
                f"{name} {seconds:.2f}" for name, seconds in zip(PHASES, self.share[number])) + ")", flush=True)

    def wait_for_instant(self, machine, number, rand):
        """Sleep until the cut; half of them uniform over the run, half within one phase."""
        if self.cuts % 2 == 0:
            machine.listen("RIG idle", time.monotonic() + rand.uniform(0, self.length[number] * 1.1))
            return
        phase = AIMED[self.cuts // 2 % len(AIMED)]
        # a run that goes on may skip the phase, or be through it before the guest looks
        machine.listen((f"RIG phase {phase}", "RIG exit"), time.monotonic() + RUN_SECONDS)
        if machine.exit is not None:
            return
        span = max(self.share[number][PHASES.index(phase)], 0.02)
        machine.listen("RIG idle", time.monotonic() + rand.uniform(0, span))

    def cut_once(self, image, number, rand):
        machine = self.boot(image, number, rand, False)
        try:
            self.wait_for_instant(machine, number, rand)
        finally:
            machine.cut()
        ended = machine.exit is not None
        phase = "ended" if ended else machine.phase or "opening"
        self.cuts += 1
        self.hits[phase] += 1
        look(image, f"{self.quick}/seen")
        self.judge_cut(machine, number, phase, ended)

    def judge_cut(self, machine, number, phase, ended):
        if ended and machine.exit != self.code[number]:
            raise Fault(f"exit {machine.exit}, {self.code[number]} expected: "
                        + " / ".join(x[4:] for x in machine.lines if x.startswith("LOG")))
        tree = night.read_tree(f"{self.quick}/seen/out")
        self.manifests += night.MANIFEST in tree
        fault = night.fault_of_output(tree, self.want[number - 1], self.want[number], ended)
        store = f"{self.quick}/seen/store"
        if not fault and (number == 2 or ended or os.path.exists(f"{store}/data.mdb")):
            fault = night.check_store(self.spamloom, store)
            # a store that had no time to be made is none
            if fault and number == 1 and not ended and "exit 66" in fault:
                fault = None
        if fault:
            raise Fault(f"after a cut in {phase}: {fault}")

    def trial(self):
        self.trials += 1
        rand = random.Random(f"{self.options.seed}/{self.trials}")
        number = 1 if self.trials % 2 else 2
        image = f"{self.quick}/disk.img"
        copy_image(f"{self.quick}/base{number}.img", image)
        for _ in range(min(rand.choice((1, 1, 2, 3)), self.options.cuts - self.cuts)):
            self.cut_once(image, number, rand)
        self.run_to_end(image, number, rand)

    def keep(self):
        if self.options.keep:
            to = os.path.join(self.options.keep, f"trial-{self.trials}")
            shutil.rmtree(to, ignore_errors=True)
            os.makedirs(to)
            copy_image(f"{self.quick}/disk.img", f"{to}/disk.img")
            shutil.copy(f"{self.work}/guest.sh", to)
            shutil.copytree(f"{self.quick}/seen", f"{to}/seen")

    def stop(self):
        """A kernel must not outlive the rig."""
        print(self.tell(), "; stopped")
        raise SystemExit(2)

    def tell(self):
        where = ", ".join(f"{name} {self.hits[name]}" for name in PHASES)
        return (f"{self.cuts} cuts in {self.trials} trials, {self.boots} boots, "
                f"{time.monotonic() - self.started:.0f} s; hit while {where}; {self.manifests} cuts left a manifest")

    def run(self):
        self.prepare()
        self.preload = f"{self.work}/slow.so"
        self.measure()
        if self.options.control:
            self.preload = f"{self.work}/lie.so"
        faults, self.started = [], time.monotonic()
        while self.cuts < self.options.cuts:
            try:
                self.trial()
            except Fault as fault:
                faults.append(f"trial {self.trials}: {fault}")
                print(faults[-1], flush=True)
                self.keep()
                if not self.options.control:
                    break
        print(f"{self.tell()}; {len(faults)} faults")
        return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("spamloom")
    parser.add_argument("--cuts", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mails", type=int, default=3000)
    parser.add_argument("--args", default="")
    parser.add_argument("--control", action="store_true")
    parser.add_argument("--keep")
    options = parser.parse_args()
    missing = [x for x in ("mkfs.ext4", "e2fsck", "debugfs") if not shutil.which(x)] + ["linux.uml"] * (not KERNEL)
    if missing:
        print(f"skipped: no {', '.join(missing)}; apt-get install user-mode-linux e2fsprogs")
        return 77
    # the guest sees all folders of this machine but those that it mounts itself, as /dev
    with tempfile.TemporaryDirectory(prefix="power-") as work, \
            tempfile.TemporaryDirectory(prefix="power-", dir=night.quick_folder()) as quick:
        try:
            rig = Rig(options, work, quick)
            signal.signal(signal.SIGTERM, lambda *_: rig.stop())
            faults = rig.run()
        except Broken as why:
            print(f"the rig is broken: {why}")
            return 2
    if options.control:
        print(f"control: {len(faults)} of {rig.trials} trials without any sync went wrong")
        return 0 if faults else 1
    if not faults and options.cuts >= 20 and not all(rig.hits[x] for x in ("reading", "grouping", "writing")):
        print("expected cuts in every phase")
        return 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
