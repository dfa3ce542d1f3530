#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Take nights and archives out of a store again, in every way, and compare with stores that never saw them.

usage: forget.py SPAMLOOM [KILLS]
"""
import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SPAMLOOM = os.path.abspath(sys.argv[1])
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
LURES = [
    ("Your parcel is waiting", "The courier could not deliver parcel {n}. Pay the customs fee of {n} at once."),
    ("Account suspended", "Dear customer, unusual sign-in to your account {n}. Confirm your details today."),
    ("Invoice overdue", "Please find invoice {n}. It is overdue since {n} days, settle it with the link below."),
    ("You have won", "Congratulations, your address won the {n} lottery. Claim the prize within two days."),
    ("Mailbox full", "Your mailbox reached its quota of {n} MB. Upgrade the storage to receive new mail."),
    ("Loan approved", "Your loan over {n} was approved without any check. Answer with your bank details."),
]


def mail(lure, number, extra=""):
    subject, body = LURES[lure]
    words = " ".join(f"word{(number * 7 + k * 13) % 50}" for k in range(number % 5))
    return (f"Received: from host{number % 9}.example.net (host [198.51.100.{number % 250 + 1}])\n"
            f"\tby mx.trap.example; {1 + number % 28} Nov 2026 10:{number % 60:02}:00 +0000\n"
            f"From: Service <service{number % 4}@sender{lure}.example>\nTo: bait@trap.example\n"
            f"Subject: {subject}\nDate: {1 + number % 28} Nov 2026 10:{number % 60:02}:00 +0000\n"
            f"Message-ID: <{lure}.{number}@sender{lure}.example>\n{extra}\n"
            f"{body.format(n=number)}\n{words}\nhttp://lure{lure}-{number % 6}.example.com/p?u={number}\n")


def outer(number):
    return (f"From: a@fwd.example\nTo: bait@trap.example\nSubject: Fwd {number}\nMIME-Version: 1.0\n"
            f"Content-Type: multipart/mixed; boundary=xx\n\n--xx\nContent-Type: text/plain\n\nsee below\n"
            f"--xx\nContent-Type: message/rfc822\n\n{mail(number % 6, number)}\n--xx--\n")


def mbox(mails):
    return "".join(f"From x@y Sun Nov 1 10:00:00 2026\n{m}\n" for m in mails)


def make_archives(work):
    def write(name, text):
        path = f"{work}/in/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    a = write("n1/a.mbox", mbox(mail(i % 4, i) for i in range(60)))
    b = write("n1/b.mbox", mbox([mail(i % 3, 100 + i) for i in range(30)] + [outer(i) for i in range(6)]))
    # known mails, known texts in new mails, new campaigns, and mails that lay in others before
    c = write("n2/c.mbox", mbox([mail(i % 6, 40 + i) for i in range(60)] + [mail(i % 6, i) for i in range(6)]))
    d = write("n2/d.mbox", mbox([mail(4 + i % 2, 300 + i) for i in range(30)] + [mail(1, 7), outer(50)]))
    bad = write("n2/cut.tar.gz", "\x1f\x08 no archive")
    with open(bad, "wb") as f:
        f.write(bytes.fromhex("1f8b0800000000000003") + b"\xff" * 40)
    e = write("n3/e.mbox", mbox([mail(i % 6, 500 + i) for i in range(30)] + [mail(i % 6, 40 + i) for i in range(9)]))
    return [a, b], [c, d, bad], [e]


def call(*args, want=(0,)):
    done = subprocess.run([SPAMLOOM, *args], capture_output=True, text=True, check=False)
    assert done.returncode in want, f"{args}: exit {done.returncode}, expected {want}: {done.stderr}"
    return done


class Place:
    """A store, and the feeds that runs over it left."""

    def __init__(self, work, name, jobs):
        self.dir = f"{work}/{name}"
        self.store = f"{self.dir}/store"
        self.jobs = jobs
        shutil.rmtree(self.dir, ignore_errors=True)
        os.mkdir(self.dir)

    def run(self, day, inputs, *options):
        call("run", "-q", f"-j{self.jobs}", "-s", self.store, "-o", f"{self.dir}/out", "--format=all", "--all",
             "--as-of", f"2026-12-{day:02}", "--trust", "trap.example", *options, *inputs, want=(0, 1))
        return self.out()

    def out(self):
        found = {}
        for where, _, names in os.walk(f"{self.dir}/out"):
            for name in names:
                if name != "run.json":
                    with open(f"{where}/{name}", "rb") as f:
                        found[os.path.relpath(f"{where}/{name}", self.dir)] = f.read()
        assert "out/MANIFEST.sha256" in found, sorted(found)
        return found

    def feed(self, day):
        shutil.rmtree(f"{self.dir}/out", ignore_errors=True)
        call("feed", "-q", "-s", self.store, "-o", f"{self.dir}/out", "--format=all", "--all", "--as-of",
             f"2026-12-{day:02}", "--trust", "trap.example")
        return self.out()

    def forget(self, what, want=(0,)):
        done = call("forget", "-s", self.store, what, want=want)
        if done.returncode == 0:
            self.check()
        return done

    def check(self):
        call("check", "-q", "-s", self.store)


def same(got, want, what):
    bad = sorted(n for n in set(got) | set(want) if got.get(n) != want.get(n))
    if bad:
        for name in bad[:1]:
            a, b = want.get(name, b"").splitlines(), got.get(name, b"").splitlines()
            for x, y in zip(a, b):
                if x != y:
                    print("want", x[:2000], "\ngot ", y[:2000])
                    break
    assert not bad, f"{what}: other bytes in {bad}"


def nights(work, archives, jobs):
    one, two, three = archives
    p = Place(work, "nights", jobs)
    first = p.run(1, one)
    second = p.run(2, two)
    print(p.forget("2").stdout.strip())
    same(p.feed(1), first, "feeds of night 1 after night 2 was forgotten")
    same(p.run(2, two), second, "the same night again")
    p.forget("2026-12-02")
    same(p.run(2, list(reversed(two))), second, "the same night again, by its date, in another order")
    third = p.run(3, three)
    p.forget("3")
    same(p.run(3, three), third, "night 3 again")
    p.forget("3")
    p.forget("2")
    p.forget("1")
    same(p.run(1, one), first, "the only night again")
    same(p.run(2, two), second, "the night behind the only one")
    p.forget("1")


def archives_of_last_night(work, archives, jobs):
    one, two, _ = archives
    p, q = Place(work, "with", jobs), Place(work, "without", jobs)
    p.run(1, one)
    q.run(1, one)
    with_all = p.run(2, two)
    without = q.run(2, [two[0], two[2]])
    p.forget("d.mbox")
    same(p.feed(2), without, "an archive of the last night forgotten")
    same(p.run(3, [two[1]]), q.run(3, [two[1]]), "and seen again in the next night")
    p.forget("3")
    for name in ("c.mbox", "cut.tar.gz"):
        p.forget(name)
    same(p.feed(1), Place.run(Place(work, "one", jobs), 1, one), "all archives of the last night forgotten")
    same(p.run(2, two), with_all, "and the whole night again")


def archives_of_older_nights(work, archives, jobs):
    one, two, three = archives
    p = Place(work, "older", jobs)
    p.run(1, one)
    p.run(2, two)
    before = set(call("campaigns", "-s", p.store, "--all").stdout.split())
    p.run(3, three)
    p.forget("a.mbox")
    ids = {w for w in call("campaigns", "-s", p.store, "--all").stdout.split() if w.startswith("c") and len(w) == 17}
    assert ids, "campaigns of other archives stay"
    p.run(4, [one[0]])
    again = {w for w in call("campaigns", "-s", p.store, "--all").stdout.split()
             if w.startswith("c") and len(w) == 17}
    assert ids <= again, f"campaigns keep their ids: {ids - again}"
    p.check()
    p.forget("2")
    p.forget("4")
    p.forget("1")
    p.forget("3")
    assert call("campaigns", "-s", p.store, "--all").stdout == "", "nothing is left"
    assert before
    fresh = Place(work, "fresh", jobs)
    same(p.run(1, one), fresh.run(1, one), "an emptied store is like a new one")


def words(work, archives, jobs):
    one, two, _ = archives
    p = Place(work, "words", jobs)
    call("forget", "-s", p.store, "1", want=(66,))
    assert not os.path.exists(p.store), "forget makes no store"
    p.run(1, one)
    for word in ("nosuch.mbox", "7", "2020-01-01", "", "f" * 32):
        assert "no archive and no night" in p.forget(word, want=(66,)).stderr, word
    call("forget", "-s", p.store, want=(64,))
    copy = f"{work}/in/other/a.mbox"
    os.makedirs(os.path.dirname(copy), exist_ok=True)
    shutil.copy(two[0], copy)
    before = p.run(2, [copy])
    said = p.forget("a.mbox", want=(64,)).stderr
    keys = [w.strip(",") for w in said.split() if len(w.strip(",\n")) == 32]
    assert len(keys) == 2, f"two archives have that name: {said}"
    p.run(2, [copy])
    same(p.feed(2), before, "nothing was forgotten")
    with open(f"{p.store}/lock", "r+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        p.forget("2", want=(75,))
    codes = [p.forget(key).returncode for key in keys]
    assert codes == [0, 0]
    assert "a.mbox" not in call("campaigns", "-s", p.store).stdout
    p.forget("a.mbox", want=(66,))


def killed(work, archives, jobs):
    one, two, _ = archives
    rand = random.Random(11)
    p = Place(work, "killed", jobs)
    first = p.run(1, one)
    second = p.run(2, two)
    started = time.monotonic()
    shutil.copytree(p.store, f"{p.dir}/saved")
    p.forget("2")
    length = time.monotonic() - started
    kills = 0
    while kills < KILLS:
        shutil.rmtree(p.store)
        shutil.copytree(f"{p.dir}/saved", p.store)
        what = rand.choice(("2", "cut.tar.gz"))
        proc = subprocess.Popen([SPAMLOOM, "forget", "-s", p.store, what], stdout=subprocess.DEVNULL)
        time.sleep(rand.uniform(0, length))
        proc.send_signal(signal.SIGKILL)
        code = proc.wait()
        kills += code == -signal.SIGKILL
        p.check()
        p.forget(what, want=(0, 66))
        if what == "2":
            same(p.feed(1), first, "killed and done again")
            same(p.run(2, two), second, "the same night again")
    print(f"{kills} kills")


def again(work, archives, jobs):
    one, two, _ = archives
    p = Place(work, "again", jobs)
    p.run(1, one)
    second = p.run(2, two)
    same(p.run(2, two, "--again"), second, "--again with the same program changes nothing")
    p.check()
    same(p.run(2, one + two, "--again"), second, "--again of all nights")
    p.check()


def main():
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    for jobs, tests in ((1, (nights, archives_of_last_night)),
                        (2, (nights, archives_of_last_night, archives_of_older_nights, words, killed, again))):
        with tempfile.TemporaryDirectory(dir=memory) as work:
            archives = make_archives(work)
            started = time.monotonic()
            for test in tests:
                test(work, archives, jobs)
            print(f"-j{jobs}: every way of forgetting as expected, {time.monotonic() - started:.1f} s")


main()
