#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Case 102: what can stand on the command line in place of an archive.

usage: case_102_command_line.py SPAMLOOM [CASE...]
"""
import os
import subprocess
import sys

import rig
from rig import need


def ids(run):
    return {m: x["sightings"] for m, x in run.messages().items()}


def case_102_dash_is_standard_input(r):
    data = rig.mbox(range(20))
    path = r.write("a.mbox", data)
    want = ids(r.run("file", [path]).expect(0))
    with open(path, "rb") as f:
        run = r.run("dash", ["-"], stdin=f).expect(0)
    need(ids(run) == want, "standard input gave other mails than the file")
    need({x["origin"]["archive"] for x in run.messages().values()} == {"-"}, "its archive is not called -")
    # twice is once: the second one is at its end
    with open(path, "rb") as f:
        need(ids(r.run("twice", ["-", "-"], stdin=f).expect(0, 1)) == want, "- - is not the same as -")
    # a pipe that is filled slowly, and standard input after the file of the same bytes
    feeder = subprocess.Popen(["sh", "-c", f"head -c 5000 '{path}'; sleep 0.3; tail -c +5001 '{path}'"],
                              stdout=subprocess.PIPE)
    need(ids(r.run("file", [path, "-"], stdin=feeder.stdout).expect(0)) == want, "known bytes from a pipe count again")
    feeder.stdout.close()
    feeder.wait()


def case_102_standard_input_closed_or_empty(r):
    run = r.run("n", ["-"], stdin=None, preexec_fn=lambda: os.close(0))
    run.expect(0, 1, 65, 74)
    r.run("empty", ["-"]).expect(0, 1, 65)
    run = r.run("link", ["/dev/stdin"], stdin=None, preexec_fn=lambda: os.close(0))
    run.expect(0, 1, 65, 66)


def case_102_two_dashes_end_the_options(r):
    os.chdir(r.folder)
    for name in ("-q", "--offline", "-"):
        r.write(name, rig.mail(len(name)))
    need(len(r.run("n", ["--", "-q", "--offline"]).expect(0).messages()) == 2, "names that look like options")
    need(len(r.run("m", ["./-"]).expect(0).messages()) == 1, "a file of the name - is ./-")
    r.run("k", ["--"]).expect(64)
    r.run("k", []).expect(64)
    os.chdir("/")


def case_102_ten_thousand_operands(r):
    folder = r.path("many")
    os.mkdir(folder)
    for n in range(10000):
        with open(f"{folder}/{n}", "wb") as f:
            f.write(b"From: a@sender.example\nSubject: %d\n\nhttp://www.kestrel-login.example/%d\n" % (n % 50, n % 50))
    run = r.run("n", [f"{folder}/{n}" for n in range(10000)], "-j2").expect(0)
    need(sum(ids(run).values()) == 50, f"{sum(ids(run).values())} sightings of 50 different files")
    need(run.json()["counts"]["inputs"] == 10000, "inputs")
    return f"reading {run.json()['reading_ms']} ms"


def case_102_missing(r):
    a = r.write("a.eml", rig.mail(1))
    r.run("n", [a, r.path("no\n\x1b[31mfile")]).expect(66).says("\\x0a", "\\x1b")
    need(not os.path.exists(r.path("n", "out", "MANIFEST.sha256")), "outputs in spite of a missing input")
    r.run("n", [""]).expect(66)
    r.run("n", ["a" * 5000]).expect(66)


def case_102_the_same_file_often(r):
    """By name, by hard link, by symbolic link, as a copy, below a folder: once."""
    a = r.write("a.mbox", rig.mbox(range(10)))
    os.mkdir(r.path("d"))
    os.link(a, r.path("d", "hard"))
    os.symlink(a, r.path("soft"))
    with open(r.path("d", "copy"), "wb") as f:
        f.write(rig.mbox(range(10)))
    inputs = [a, a, r.path("soft"), r.path("d"), r.path("d", "copy"), "/".join((r.folder, ".", "a.mbox"))]
    for jobs in ("-j1", "-j4"):
        run = r.run(f"n{jobs}", inputs, jobs).expect(0)
        need(set(ids(run).values()) == {1} and len(run.messages()) == 10, f"{ids(run)}")
    r.same(r.run("reversed", inputs[::-1], "-j2").expect(0), run.tree(), "the other way round")


def case_102_folders(r):
    """A loop of links, a link to a file outside, an empty folder, one that cannot be read, FIFOs, sockets."""
    os.makedirs(r.path("d", "inner"))
    os.symlink("..", r.path("d", "inner", "up"))
    os.symlink(r.path("d"), r.path("d", "inner", "top"))
    os.symlink("itself", r.path("d", "itself"))
    os.symlink("/etc/passwd", r.path("d", "passwd"))
    os.mkfifo(r.path("d", "fifo"))
    with open(r.path("d", "inner", "m.eml"), "wb") as f:
        f.write(rig.mail(3))
    run = r.run("n", [r.path("d")]).expect(1)
    need([x["origin"]["archive"] for x in run.messages().values()] == ["inner/m.eml"], "only inner/m.eml was expected")
    os.mkdir(r.path("empty"))
    r.run("e", [r.path("empty")]).expect(65)
    deep = r.path("deep")
    os.makedirs(deep)
    here = os.getcwd()
    os.chdir(deep)
    for _ in range(300):  # longer than PATH_MAX in the end
        os.mkdir("a" * 20)
        os.chdir("a" * 20)
    with open("m.eml", "wb") as f:
        f.write(rig.mail(4))
    os.chdir(here)
    r.run("deep", [deep]).expect(0, 1, 65)
    subprocess.run(["rm", "-rf", deep], check=True)


def case_102_names_that_are_not_utf8(r):
    name = os.fsencode(r.folder) + b"/\xff\xfe\x80 \xe3\x81 \"\\.mbox"
    with open(name, "wb") as f:
        f.write(rig.mbox(range(3)))
    run = r.run("n", [os.fsdecode(name)]).expect(0)
    archives = {x["origin"]["archive"] for x in run.messages().values()}
    need(len(run.messages()) == 3 and len(archives) == 1, f"{archives}")
    for text in run.tree().values():
        text.decode("utf-8")


def case_102_what_is_no_archive(r):
    """Devices are not opened, addresses are not fetched."""
    a = r.write("a.eml", rig.mail(1))
    for n, device in enumerate(("/dev/zero", "/dev/null", "/dev/full", "/dev/tty")):
        if os.path.exists(device):
            need(len(r.run(f"n{n}", [a, device]).expect(1).messages()) == 1, device)
            r.run(f"m{n}", [device]).expect(65)
    os.mkfifo(r.path("fifo"))
    r.run("f", [r.path("fifo")]).expect(65)
    r.run("h", ["http://www.kestrel-login.example/a.mbox"]).expect(66).says("http://www.kestrel-login.example/a.mbox")
    r.run("p", [f"/proc/{os.getpid()}/mem", a]).expect(1)


def case_102_odd_options(r):
    a = r.write("a.eml", rig.mail(1))
    for words in (["--store"], ["--no-such"], ["-Z"], ["--jobs=-1"], ["--jobs=99999999999999999999"], ["--jobs="],
                  ["--as-of="], ["--format=none"], ["--store", r.path("s"), "--jobs"], ["-"], ["-j", "--"]):
        if words != ["-"]:
            r.run("n", [*words] if words[-1] in ("--jobs", "--store") else [a, *words]).expect(64)
    # the last one wins, flags may repeat, options may stand behind operands
    run = r.run("n", [a, "-q", "-q", "-j1", "-j2", "-vvv", "--offline", "--offline"]).expect(0)
    need(run.json()["workers"] == 2, "the last -j counts")


sys.exit(rig.main(globals()))
