#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases 93, 94, 96 and 97: mails and entry names that want to get out of their fields; all outputs are read back.

usage: case_93_outputs.py SPAMLOOM [CASE...]
       SL_ROUNDS=N case_93_outputs.py SPAMLOOM case_93_fuzz      a longer fuzz, SL_SEED=N for another one

The fuzz puts 2,000 random hostile strings into each field (subject, names, addresses, entry, attachment, URL) a round.
"""
import json
import os
import re
import subprocess
import sys

import hostile
import rig
from rig import need

ALL = ("--format=all", "--all", "--confidence=1", "--trust=mx.trap.example")


def read_back(run):
    """Every file of the folder by parsers that are not ours; the parsed indicators, campaigns, messages."""
    out = run.out
    names = ("indicators", "campaigns", "messages", "rejects")
    lines = {n: hostile.read_json_lines(os.path.join(out, n + ".jsonl")) for n in names}
    for n in ("night.json", "run.json"):
        need(len(hostile.read_json_lines(os.path.join(out, n))) == 1, f"{n} is not one object")
    rows = {n: hostile.read_csv(os.path.join(out, n + ".csv")) for n in ("indicators", "campaigns")}
    for n in rows:
        need(len(rows[n]) == len(lines[n]), f"{n}: {len(rows[n])} rows, {len(lines[n])} objects")
    free = {"indicators": {"value", "defanged", "as_name", "registrar"}, "campaigns": {"name", "pretext"}}
    for n in rows:
        for row, obj in zip(rows[n], lines[n]):
            for key, cell in row.items():
                if isinstance(obj.get(key), str):
                    is_free = key in free[n] and obj.get("kind") != "phone"
                    want = hostile.as_csv_cell(obj[key], is_free)
                    need(cell == want, f"{n}.{key}: the cell is {cell!r}, the text {obj[key]!r}, {want!r} was expected")
    return lines, rows


def by_subject(messages):
    return {m["subject"]: m for m in messages}


def subjects_run(r, subjects, name="n"):
    """One mail for each subject."""
    path = hostile.archive(r.path(name + ".tar"), hostile.randoms(7), range(len(subjects)), subjects)
    return r.run(name, [path], *ALL).expect(0, 1)


CELLS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "\"quoted\"", "a\"b", "\"", "a,b", "a;b", "a\r\nb", "a\nb",
         "a\x00b", "\u202eabc", "'=1", "\uff1d1", " =1", "#comment", "", ",", "\"\"\"", "x" * 30 + "\r\n=1,\"y"]


def case_93_csv(r):
    run = subjects_run(r, CELLS)
    lines, rows = read_back(run)
    need(len(lines["messages"]) == len(CELLS), f"{len(lines['messages'])} messages of {len(CELLS)}")
    for row in rows["campaigns"]:
        need(not re.match("[=+@\t\r\n-]", row["name"] or "x"), f"a formula: {row['name']!r}")
    values = [x["value"] for x in rows["indicators"]]
    need(not [v for v in values if re.match("[=@\t\r\n-]", v)], f"a formula in {values}")


def case_93_long_cell(r):
    """A subject of 1 MB and more is cut by limits of headers, not by the file; one record a row all the same."""
    body = "=" + "A\"\r\n;" * 250000
    header = b"Subject: " + b"\n ".join(hostile.word(body[i:i + 4000]) for i in range(0, len(body), 4000)) + b"\n"
    options = ("--limit.header-line=2M", "--limit.header-block=4M", "--limit.folds=2000")
    mail = b"From: =?utf-8?b?PWNtZA==?= <a@b.example>\n" + header + b"\nhello there, see http://a.lure.top/x\n"
    run = r.run("n", [r.write("m.eml", mail)], *ALL, *options).expect(0, 1)
    lines, rows = read_back(run)
    need(len(rows["campaigns"]) == 1, f"{len(rows['campaigns'])} campaigns")
    return f"subject of {len(lines['messages'][0]['subject'])} characters, cell of {len(rows['campaigns'][0]['name'])}"


def case_94_json(r):
    subjects = ["\x01\x02\x1f", "a\x00b", "\ud7ff\ue000", "\u2028\u2029", "</script><script>", "9007199254740993", "\\ud800", "\\", "\"", "{\"a\":1}",
                "\U0010ffff", "\ufffe\uffff", "\ufeffx", "\x7f\x80\x9f", "NaN", "tab\there", "[" * 5000]
    run = subjects_run(r, subjects)
    lines, _ = read_back(run)
    got = by_subject(lines["messages"])
    for s in ("\ufffe\uffff", "</script><script>", "\\ud800", "{\"a\":1}", "\U0010ffff", "\ud7ff\ue000", "9007199254740993"):
        need(s in got, f"the subject {s!r} did not come through: {sorted(got)}")
    for name, data in run.tree().items():
        need(name.endswith(".csv") or not re.search(b"</|<!", data), f"{name} could end a script element")
    for tool, read in hostile.tools():
        for n in ("messages", "indicators", "campaigns", "rejects", ):
            path = os.path.join(run.out, n + ".jsonl")
            p = read(path)
            need(p.returncode == 0 or not lines[n], f"{tool} refuses {n}.jsonl")
            again = [json.loads(x) for x in p.stdout.split(b"\n")[:-1]]
            need(again == lines[n], f"{tool} reads {n}.jsonl in another way")
    return "read by " + ", ".join(["python", *[t for t, _ in hostile.tools()]])


def case_94_invalid_utf8(r):
    """Bytes that are no UTF-8 are U+FFFD, each as often as the standard says, and the rest stays."""
    mails = b"".join(b"From x@y.example Mon Nov 23 12:00:00 2026\nFrom: <a%d@b.example>\nSubject: a" % n + bad + b"z%d\n\nhello %d http://l%d.top/\n\n" % (n, n, n)
                     for n, bad in enumerate(hostile.BROKEN))
    run = r.run("n", [r.write("m.mbox", mails)], *ALL).expect(0, 1)
    lines, _ = read_back(run)
    need(len(lines["messages"]) == len(hostile.BROKEN), f"{len(lines['messages'])} messages")


def archive_name(r):
    name = r.path("n\x1b]0;x\x07\u202e\r\n=1,\"\x9b2J\udcff.tar")
    return name


def case_96_terminal(r):
    """On a terminal and off it: log, progress, errors, campaigns, show, explain, lookup."""
    rand = hostile.randoms(96)
    subjects = [hostile.text(rand) for _ in range(18)] + ["A\x1b]0;t\x07" * 30000, "B\u202e\r\x9b2J" * 30000]
    path = hostile.archive(archive_name(r), rand, range(len(subjects)), subjects)
    command = [x for x in r.command("n", [path], *ALL, "-v") if x != "-q"]
    data, code = hostile.on_terminal(command)
    need(code in (0, 1), f"run: exit {code}: {data[-500:]!r}")
    hostile.check_terminal("run on a terminal", data, progress=True)
    store = r.path("n", "store")
    mail = r.write("m\x1b[2J\u202e.eml", hostile.mail(rand, 1))
    ids = [c["id"] for c in hostile.read_json_lines(r.path("n", "out", "campaigns.jsonl"))]
    p = r.spamloom
    commands = [[p, "campaigns", "-s", store, "--all"], [p, "explain", mail], [p, "explain", "--json", mail], [p, "lookup", "-s", store, "a\x1b[2J\u202e.example"],
                [p, "run", "-s", store, "-o", r.path("o"), "/nonexistent/\x1b]0;x\x07\x9b\u202e"], [p, "explain", "/nonexistent/\x1b[2J"],
                [p, "show", "-s", store, "c\x1b[2J\u202e"], [p, "run", "--format=\x1b[2J\u202e", "-s", store, "-o", r.path("o"), mail],
                [p, "feed", "--\x1b[2J"], [p, "feed", "-s", "/nonexistent\x1b[2J\u202e", "-o", r.path("o")], [p, "\x1b[2J\u202e"], [p, "run", "-c", "/x\x1b[2J", "y"],
                [p, "run", "--as-of=\x1b[2J", mail], [p, "run", "--warninglists=/\x1b[2J", mail], [p, "run", "-o", "/proc/\x1b[2J\x07", "-s", store, mail],
                [p, "explain", "--mmdb=/\x1b[2J", mail], [p, "explain", "--psl=/\x1b[2J", mail], [p, "explain", "--brands=/\x1b[2J", mail],
                [p, "check", "-s", "/\x1b[2J"], [p, "campaigns", "-s", "/\x1b[2J"]]
    commands += [[p, "show", "-s", store, i] for i in ids[:10]]
    for c in commands:
        data, _ = hostile.on_terminal(c)
        hostile.check_terminal(f"{c[1:3]} on a terminal", data)
        q = subprocess.run(c, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        hostile.check_terminal(f"{c[1:3]} in a pipe", q.stdout + q.stderr)
        need(sum(map(len, (q.stdout, q.stderr))) < 4 << 20, f"{c[1:3]} prints without end")
    return f"{len(commands) * 2 + 1} commands"


def case_97_lists(r):
    rand = hostile.randoms(97)
    hosts = [b"*.wild.top", b"*", b"*.top", b"-a.top", b"a-.lure.top", b"a b.top", b"#x.lure.top", b"!x.lure.top", b"$INCLUDE.lure.top", b"a_b.lure.top",
             b"evil.top%0agood.example", b"evil.top%20IN%20A", b"..", b"a..top", b"xn--a.top", b"xn--.top", b"a.top.", b"0x7f.1", b"1.2.3.4.5", b"[::1]", b"[2001:4860::7]",
             b"rpz-ip.lure.top", b"\"x\".lure.top", b"x;y.lure.top", b"x|y.top", b"x^y.top", b"||x.top^", b"~x.lure.top", b"/x/.top", b"x%2a.lure.top", b"%2a.lure.top", b"com", b"co.jp",
             b"l" * 64 + b".top", b".".join([b"a" * 60] * 5) + b".top", b"\xe3\x80\x82top", b"a\xe3\x80\x82b.top", b"\xef\xbc\x8a.lure.top"]
    paths = [b"*", b"a*", b"^", b"|", b"a b", b"%0d%0a127.0.0.1", b"#", b"#x y", b"?*", b"\xe2\x80\xa8x", b"%00", b"'\"`", b"\\", b"@@", b"$script,domain=x", b"a\tb"]
    mails = []
    for n in range(400):
        rand_host, rand_path = rand.choice(hosts), rand.choice(paths)
        host = rand_host if n >= len(hosts) else hosts[n]
        path = rand_path if n >= len(paths) else paths[n]
        mails.append(b"From x@y.example Mon Nov 23 12:00:00 2026\nReceived: from x ([203.0.113.%d]) by mx.trap.example; Mon, 23 Nov 2026 10:00:00 +0000\n"
                     b"From: <a@b.example>\nSubject: s%d\nContent-Type: text/html; charset=utf-8\n\n<a href=\"http://%s/%s\">Confirm account %d at Kestrel</a>"
                     b"<a href=\"https://sites.google.com/%s\">x</a><a href='http://u%d.lure%d.top/%s'>y</a>\n\n" % (n % 5, n, host, path, n, path, n, n, path))
    run = r.run("n", [r.write("m.mbox", b"".join(mails))], *ALL).expect(0, 1)
    read_back(run)
    total = hostile.check_lists(run.out)
    need(total > 400, f"only {total} entries: the test tests nothing")
    return f"{total} entries"


def case_93_fuzz(r):
    rounds, seed = int(os.environ.get("SL_ROUNDS", "1")), int(os.environ.get("SL_SEED", "93"))
    total = 0
    for n in range(rounds):
        rand = hostile.randoms(seed + n)
        path = hostile.archive(r.path(f"f{n}.tar"), rand, range(2000))
        run = r.run(f"f{n}", [path], *ALL).expect(0, 1)
        lines, _ = read_back(run)
        need(len(lines["messages"]) == 2000, f"seed {seed + n}: {len(lines['messages'])} messages of 2000")
        total += hostile.check_lists(run.out)
        q = subprocess.run([r.spamloom, "campaigns", "-s", r.path(f"f{n}", "store"), "--all"], stdout=subprocess.PIPE, check=True)
        text = hostile.check_terminal(f"seed {seed + n}: campaigns", q.stdout)
        need(text.count("\n") == len(lines["campaigns"]), f"seed {seed + n}: {text.count(chr(10))} lines for {len(lines['campaigns'])} campaigns")
        r.forget(f"f{n}")
    return f"{rounds * 2000} mails, {total} list entries"


if __name__ == "__main__":
    sys.exit(rig.main(globals()))
