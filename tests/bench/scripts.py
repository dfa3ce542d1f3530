#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the scripts of bench/ still work? One run of each, as small as can be; no time is judged.

usage: scripts.py SPAMLOOM SAMPLE [NAME...]    SPAMLOOM: in its build, with the target `bench` built
"""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(ROOT, "bench")
sys.path.insert(0, BENCH)
import measure  # noqa: E402  pylint: disable=wrong-import-position
import traps  # noqa: E402  pylint: disable=wrong-import-position


def script(name):
    """A script of bench/ as a module."""
    loader = importlib.machinery.SourceFileLoader("bench_" + name, os.path.join(BENCH, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def call(*command, code=0):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def near(a, b):
    return abs(a - b) < 1e-9 * max(1, abs(b))


def script_fits(_spamloom, _sample, _work):
    assert near(measure.slope([1, 2, 4, 8], [3, 6, 12, 24]), 1)
    assert near(measure.slope([1, 10, 100], [5, 5, 5]), 0)
    assert measure.slope([1], [1]) is None and measure.slope([1, 2], [-1, 0]) is None
    assert all(near(*pair) for pair in zip(measure.line_through([0, 10, 20], [7, 27, 47]), (7, 2)))
    assert measure.spread([3.0, 1.0, 2.0])["median"] == 2.0


def script_cost(_spamloom, _sample, _work):
    """Processes of processes count, orphans too; memory is seen; a wrong exit code is an error."""
    spin = "x = 0\nfor i in range(3000000): x += i"
    orphan = f"import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        exec({spin!r})\n    os._exit(0)"
    measure.adopt_orphans()
    assert measure.cost_of([sys.executable, "-c", orphan])["cpu"] > 0.04
    held = "import time\nx = bytearray(64 << 20)\ntime.sleep(0.5)"
    assert 64 << 20 < measure.cost_of([sys.executable, "-c", held], memory=True)["memory"] < 128 << 20
    try:
        measure.cost_of(["false"])
    except measure.Failed:
        return
    raise AssertionError("false did not fail")


def script_rulers(spamloom, sample, work):
    """Both see the same mails, wherever the edges of blocks lie, and -o writes them."""
    mails = [b"Subject: %d\n\n%s\nFrom\n>From x\n" % (i, b"line %d\n" % i * (i * 37 % 4001)) for i in range(400)]
    box = os.path.join(work, "box")
    with open(box, "wb") as f:
        f.write(b"".join(b"From a@example.net Mon Nov 23 12:00:00 2026\n" + m + b"\n" for m in mails))
    os.mkdir(work + "/out")
    for name in ("readonly", "baseline"):
        for path, n in ((box, len(mails)), (sample, None)):
            said = call(measure.tool(spamloom, name), path).split(",")
            assert n is None or said[0] == f"{n} mails", said
    call(measure.tool(spamloom, "readonly"), "-o", work + "/out", "-e", "3", box)
    for i, name in enumerate(sorted(os.listdir(work + "/out"))):
        with open(os.path.join(work, "out", name), "rb") as f:
            assert f.read().rstrip(b"\n") == mails[i * 3].rstrip(b"\n"), name
    assert i == (len(mails) - 1) // 3
    both = [call(measure.tool(spamloom, name), box, sample).split(", ")[:3] for name in ("readonly", "baseline")]
    assert [w.strip() for w in both[0]] == [w.strip() for w in both[1]], both


def script_run(spamloom, sample, work):
    """The sample, with the peer that is always there; then a trap with its truth; then the tables of both."""
    files = traps.make(spamloom, work + "/trap", mails=60, copies=3, mean=2048, median=1024)
    out = call(os.path.join(BENCH, "run"), "--runs=1", "--cpus=" + str(min(os.sched_getaffinity(0))),
               "--peers=python-email", "--every=2", "--min=urls.recall=0.99", "--json=" + work + "/run.json",
               "--work=" + work, spamloom, sample, *files)
    assert "truth: " in out and "python-email" in out, out
    found = measure.read_json(work + "/run.json")
    assert [c["truth"] is not None for c in found["corpora"]] == [False, True]
    trap = found["corpora"][1]
    assert trap["mails"] == trap["read_by_spamloom"] == 60 and trap["programs"]["python-email"]["mails"] == 30
    assert all(p["cpu"]["median"] > 0 for p in trap["programs"].values()) and trap["programs"]["spamloom"]["memory"] > 0
    report = script("report")
    for table in ("machine", "summary", "run", "stages"):
        assert "trap" in report.TABLES[table](found), table
    call(os.path.join(BENCH, "run"), "--runs=1", "--min=urls.recall=1.1", "--work=" + work, spamloom, *files, code=1)


def script_law(spamloom, _sample, work):
    call(os.path.join(BENCH, "law"), "--base=40", "--runs=1", "--only=size,nights", "--trap=--mean=2048", "--trap=--median=1024",
         "--json=" + work + "/law.json", "--work=" + work, spamloom)
    found = measure.read_json(work + "/law.json")
    assert all(len(e["points"]) > 1 for e in found["experiments"].values())
    assert [p["mails"] for p in found["experiments"]["size"]["points"]] == [40, 80, 160, 320]
    again = found["experiments"]["nights"]["the_first_night_again_in_other_archives"]
    assert again["distinct"] == 0 and again["mails"] == 40, again
    report = script("report")
    assert "nights" in report.law(found) and "size" in report.law_points(found)


def script_micro(spamloom, _sample, _work):
    rows = json.loads(call(measure.tool(spamloom, "micro"), "--json", "--quick"))["rows"]
    assert len(rows) > 20 and all(r["bytes"] > 0 for r in rows)
    assert len(call(measure.tool(spamloom, "micro"), "--quick", "base64").split("\n")) == 3


def script_commit_load(spamloom, sample, work):
    """Three nights out of the records of a real one: each must bring the messages that it says."""
    store, made = os.path.join(work, "records"), os.path.join(work, "made")
    call(spamloom, "run", "-q", "-s", store, "-o", os.path.join(work, "out"), sample)
    os.mkdir(made)
    lines = call(measure.tool(spamloom, "commit_load"), store, made, "400", "2").splitlines()
    assert [line.split()[:3] for line in lines] == [[night, "400", "messages"] for night in ("new", "copies", "sightings")], lines


def script_judge(_spamloom, _sample, _work):
    """What the gate says to which number."""
    judge = script("instructions").judge
    kept = {"instructions_a_mail": 1000, "corpus_sha256": "x", "made_with": {"libc": "1", "libraries": ["a.so.1"]}}

    def verdict(**change):
        return judge({**kept, **change}, kept)

    assert verdict()[0] == verdict(instructions_a_mail=1019)[0] == verdict(instructions_a_mail=981)[0] == 0
    assert verdict(instructions_a_mail=1021)[0] == verdict(instructions_a_mail=979)[0] == 1
    assert "--renew" in verdict(instructions_a_mail=1021)[1]
    assert verdict(corpus_sha256="y")[0] == 1
    other = verdict(instructions_a_mail=5000, made_with={"libc": "1", "libraries": ["a.so.2"]})
    assert other[0] == 0 and "not compared" in other[1] and "a.so.2" in other[1]


def script_report(_spamloom, _sample, work):
    """Tables are written between their markers, and a number changed by hand is seen."""
    page = work + "/page.md"
    with open(page, "w", encoding="utf-8") as f:
        f.write("before\n<!-- bench:instructions:gate -->\nold\n<!-- /bench -->\nafter\n"
                "<!-- bench:run:nobody-measured-this -->\nkept\n<!-- /bench -->\n")
    call(os.path.join(BENCH, "report"), "--check", page, code=1)
    call(os.path.join(BENCH, "report"), page)
    with open(page, encoding="utf-8") as f:
        text = f.read()
    assert "instructions a mail" in text and "old" not in text and "kept" in text and "after" in text, text
    call(os.path.join(BENCH, "report"), "--check", page)
    with open(page, "w", encoding="utf-8") as f:
        f.write(text.replace(" instructions a mail", "1 instructions a mail"))
    call(os.path.join(BENCH, "report"), "--check", page, code=1)


def script_plot(_spamloom, _sample, work):
    if not shutil.which("gnuplot"):
        print("plot: skipped, gnuplot is not installed")
        return
    plot = script("plot")
    plot.PICTURES = work
    spread = {"median": 2.0, "min": 1.0, "max": 3.0}
    with contextlib.redirect_stdout(io.StringIO()):
        plot.draw_law({"start_up": 0.1, "experiments": {"size": {"of": "mails", "exponent": 1.0, "points": [
            {"x": x, "cpu": {**spread, "median": x / 10}} for x in (10, 20, 40)]}}}, "law", work)
        plot.draw_run({"corpora": [{"corpus": "a_b.mbox", "programs": {"spamloom": {"us_a_mail": 10.0},
                                                                       "baseline": {"us_a_mail": 20.0}}}]}, "run", work)
    for name in ("law-size.svg", "run.svg"):
        with open(os.path.join(work, name), encoding="utf-8") as f:
            assert "</svg>" in f.read(), name


def main():
    spamloom, sample, names = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3:]
    for name, check in sorted(globals().items()):
        if name.startswith("script_") and (not names or name[7:] in names):
            with tempfile.TemporaryDirectory() as work:
                check(spamloom, sample, work)
            print(f"{name[7:]}: well")
    return 0


sys.exit(main())
