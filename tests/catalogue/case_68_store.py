#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""case 68, 69: a store without room, with readers that stay or were killed, of another make, cut, in a folder that
cannot be written. Damaged pages: stress/case_68_damage.

usage: case_68_store.py SPAMLOOM
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

SPAMLOOM = os.path.abspath(sys.argv[1])


def mail(n):
    return (f"From x@y Sun Nov 1 10:00:00 2026\nFrom: <s{n % 4}@sender.example>\nSubject: Notice\n"
            f"Message-ID: <{n}@s>\n\nAccount {n} was suspended, act at http://lure{n}.example.com/{n}\n"
            + " ".join(f"word{n * 7 + k}" for k in range(60)) + "\n\n")


def call(*args):
    return subprocess.run([SPAMLOOM, *args], capture_output=True, text=True, check=False, timeout=120)


def run(work, *boxes, store="store"):
    return call("run", "-q", "-s", f"{work}/{store}", "-o", f"{work}/out", "--as-of", "2026-12-01", *boxes)


def expect(done, code, text=""):
    assert done.returncode == code, f"{done.args}: {done.returncode}, expected {code}: {done.stderr}"
    assert text in done.stderr, f"{done.args}: {done.stderr!r} does not say {text!r}"


def manifest(work):
    with open(f"{work}/out/MANIFEST.sha256", "rb") as f:
        return f.read()


def no_room(work, one, two):
    """A disk that is full in the middle of a run: an error, and the store is what it was."""
    expect(run(work, one, two), 0)
    want = manifest(work)
    os.mkdir(f"{work}/disk")
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", f"{work}/disk"],
                                           capture_output=True, check=False).returncode != 0:
        print("no room: skipped, nobody may mount here; see disk_full in unit/test_storefault")
        return
    try:
        ends = set()
        for size in ("200k", "500k", "900k", "1500k", "8m"):
            subprocess.run(["mount", "-o", f"remount,size={size}", f"{work}/disk"], check=True)
            done = run(work, one, two, store="disk/store")
            assert done.returncode in (0, 73, 74), f"{size}: {done.returncode} {done.stderr}"
            assert "damaged" not in done.stderr, f"a full disk is no damage: {done.stderr}"
            ends.add(done.returncode)
            if done.returncode:
                code = call("check", "-q", "-s", f"{work}/disk/store").returncode
                assert code in (0, 66), f"sound after a full disk, or not made yet: {code}"
        assert ends > {0}, f"the smallest disk is too small, the largest is not: {ends}"
        assert manifest(work) == want, "the same outputs once there is room"
    finally:
        subprocess.run(["umount", f"{work}/disk"], check=False)


def readers(work, one, two):
    """A reader that hangs, and one that was killed, keep nobody from writing."""
    shutil.rmtree(f"{work}/store")
    expect(run(work, one), 0)
    for how in (signal.SIGSTOP, signal.SIGKILL):
        reader = subprocess.Popen([SPAMLOOM, "check", "-q", "-s", f"{work}/store"])
        reader.send_signal(how)
        expect(run(work, two), 0)
        expect(call("check", "-q", "-s", f"{work}/store"), 0)
        if how == signal.SIGSTOP:
            reader.send_signal(signal.SIGCONT)
        reader.wait()


def other_makes(work, one):
    shutil.copytree(f"{work}/store", f"{work}/saved")
    size = os.path.getsize(f"{work}/store/data.mdb")
    for cut in (size // 2, 8192, 4096, 100):
        os.truncate(f"{work}/store/data.mdb", cut)
        for args in (("campaigns",), ("check",), ("forget", "1"), ("feed", "-o", f"{work}/out")):
            expect(call(*args, "-s", f"{work}/store"), 74, "damaged")
        expect(run(work, one), 74, "damaged")
    shutil.copyfile(f"{work}/saved/data.mdb", f"{work}/store/data.mdb")
    with open(f"{work}/store/data.mdb", "r+b") as f:  # the version field of both header pages
        for page in (0, 4096):
            f.seek(page + 20)
            f.write(b"\x09\0\0\0")
    expect(run(work, one), 74, "damaged")
    shutil.rmtree(f"{work}/store")
    shutil.copytree(f"{work}/saved", f"{work}/store")
    with open(f"{work}/store/lock.mdb", "wb") as f:  # of another architecture, or no lock file at all
        f.write(b"\x12\x34" * 4096)
    done = run(work, one)
    assert done.returncode in (0, 74), done.stderr
    expect(call("check", "-q", "-s", f"{work}/store"), 0)


def read_only(work, one):
    if os.geteuid() == 0:
        return
    os.chmod(f"{work}/store", 0o500)
    for name in os.listdir(f"{work}/store"):
        os.chmod(f"{work}/store/{name}", 0o400)
    expect(run(work, one), 73)
    os.chmod(f"{work}/store", 0o700)


def main():
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as work:
        one, two = f"{work}/one.mbox", f"{work}/two.mbox"
        for path, numbers in ((one, range(150)), (two, range(150, 300))):
            with open(path, "w", encoding="ascii") as f:
                f.write("".join(mail(n) for n in numbers))
        no_room(work, one, two)
        readers(work, one, two)
        other_makes(work, one)
        read_only(work, one)
    print("no room, readers, cut files, other versions: as expected")


main()
