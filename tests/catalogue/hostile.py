# SPDX-License-Identifier: Apache-2.0
"""Mails and entry names that try to get out of the fields they are printed in, and readers that notice."""
import base64
import csv
import io
import json
import os
import pty
import random
import re
import select
import shutil
import subprocess
import tarfile

import rig
from rig import need

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# what a terminal, a spreadsheet, a JSON parser, a shell, a resolver or a list consumer would obey
TOKENS = [
    "\x1b]0;owned\x07", "\x1b]8;;http://link.example/\x1b\\click\x1b]8;;\x1b\\", "\x1b[2J", "\x1b[31m", "\x9b2J", "\x9d0;x\x9c",
    "\x1bc", "\x07", "\b\b\b", "\r", "\n", "\r\n", "\n\r", "\t", "\x00", "\x0b", "\x0c", "\x7f", "\x85", "\u2028", "\u2029",
    "\ufeff", "\ufffe", "\uffff", "\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\U000e0041", "\U0010ffff", "\ufffd",
    "=", "+", "-", "@", "=cmd|' /C calc'!A0", "@SUM(1+1)", "+1+1", "-2+3", "\uff1d1", "\uff0b", "\uff0d", "\uff20",
    "\"", "\"\"", "'", ",", ";", "\"\n=1+1,\"", "\\", "\\\"", "\\u0000", "\\ud800", "</script>", "<!--", "]]>", "{{x}}", "${x}", "%n%s%x",
    "null", "NaN", "9007199254740993", "1e999", "[[[[", "{\"schema\":2}", "#", "# x", "*", "!", "||x^", "$INCLUDE x", "--help",
    " ", "  ", "a", "Bank", "\u91cd\u8981", "\u00e9", "e\u0301\u0301\u0301", "\ud55c", "/", "..", "~", "`id`", "$(id)", "|", "&", ">", "http://x.y/",
]
# bytes that no UTF-8 text has
BROKEN = [b"\xff", b"\x80", b"\xc0\xae", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe3\x81", b"\xf0\x9f\x98", b"\xe2\x80", b"\x9b2J", b"\xfe\xff"]


def text(rand, most=6):
    return "".join(rand.choice(TOKENS) for _ in range(rand.randint(1, most)))


def raw(rand, most=6):
    """The same as bytes, with broken UTF-8 in between."""
    return b"".join(rand.choice(BROKEN) if rand.random() < .25 else rand.choice(TOKENS).encode() for _ in range(rand.randint(1, most)))


def word(value):
    """RFC 2047 words: the way in for what a header line cannot hold itself."""
    data = value if isinstance(value, bytes) else value.encode()
    return b" ".join(b"=?utf-8?b?" + base64.b64encode(data[i:i + 45]) + b"?=" for i in range(0, len(data) or 1, 45))


def line(value):
    """A raw header value; a line end would end the field."""
    return re.sub(rb"[\r\n]+", b" ", value if isinstance(value, bytes) else value.encode())


def percent(value):
    return b"".join(b"%%%02X" % b for b in (value if isinstance(value, bytes) else value.encode()))


def quoted(value):
    return b'"' + line(value).replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def field(rand, value=None):
    value = value if value is not None else raw(rand)
    return rand.choice((line, word, quoted))(value)


def mail(rand, number, subject=None):
    """One mail with something hostile in every field."""
    t = "%d" % number
    host = line(raw(rand)).replace(b" ", b"") if rand.random() < .5 else b"h%s.lure-%s.top" % (t.encode(), t.encode())
    url = b"http://" + host + b"/" + rand.choice((line, percent))(raw(rand)) + b"?q=" + rand.choice((line, percent))(raw(rand))
    subject = word(subject) if subject is not None else field(rand)
    return b"".join((
        b"Received: from ", line(raw(rand)), b" (", line(raw(rand)), b" [203.0.113.%d]) by mx.trap.example; Mon, 23 Nov 2026 10:00:00 +0000\n" % (number % 250),
        b"Return-Path: <", line(raw(rand)).replace(b">", b""), b"@bounce.example>\n",
        b"From: ", field(rand), b" <", rand.choice((quoted, line))(raw(rand)), b"@sender%d.example>\n" % (number % 7),
        b"Reply-To: ", field(rand), b" <", line(raw(rand)), b"@reply.example>\n",
        b"Subject: ", subject, b"\n",
        b"X-Mailer: ", field(rand), b"\n",
        b"Message-ID: <", line(raw(rand)), b"%d@id.example>\n" % number,
        b"Authentication-Results: mx.trap.example; spf=", line(raw(rand)), b" smtp.mailfrom=", line(raw(rand)), b"\n",
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n",
        b"Content-Type: text/html; charset=utf-8\n\n<p>", raw(rand, 12), b"</p><p>Kestrel Bank wants you to confirm your account ",
        b"number %d</p><a href=\"" % number, url.replace(b'"', b"%22"), b"\">", raw(rand), b"</a><a href=\"http://a.lure-", t.encode(), b".top/*\">x</a>",
        b"<a href=\"http://", field(rand).replace(b'"', b""), b".lure.top/\">x</a>\n--b\n",
        b"Content-Type: application/x-", line(raw(rand)).replace(b";", b""), b"; name=", quoted(raw(rand)), b"\n",
        b"Content-Disposition: attachment; filename=", quoted(raw(rand)), b"; filename*=utf-8''", percent(raw(rand)), b"\n\nMZ", raw(rand), b"\n--b--\n"))


def archive(path, rand, numbers, subjects=None):
    """A tar whose entry names are hostile too."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape") as tar:
        for n in numbers:
            data = mail(rand, n, subjects[n] if subjects else None)
            name = raw(rand).replace(b"\x00", b"").strip(b"/")
            info = tarfile.TarInfo((b"%d-" % n + name).decode("utf-8", "surrogateescape"))
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        cut = tarfile.TarInfo("cut-\x1b]0;x\x07\u202e\r\n\x9b2J.gz")  # a reject with a hostile name
        data = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 40
        cut.size = len(data)
        tar.addfile(cut, io.BytesIO(data))
    return path


# ---- readers ----

def no_duplicates(pairs):
    need(len({k for k, _ in pairs}) == len(pairs), f"a key twice: {[k for k, _ in pairs]}")
    return dict(pairs)


def no_constant(name):
    raise ValueError(name)


UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff%s]" % BIDI)


def read_json_line(bytes_):
    """Strict: UTF-8, no raw control or bidi control, each key once, no NaN."""
    s = bytes_.decode("utf-8")
    found = UNSAFE.search(s)
    need(not found, f"U+{ord(found.group()):04X} stands bare in: {s[:300]!r}" if found else "")
    return json.loads(s, object_pairs_hook=no_duplicates, parse_constant=no_constant)


def read_json_lines(path):
    with open(path, "rb") as f:
        data = f.read()
    need(data == b"" or data.endswith(b"\n"), f"{path} does not end with a line end")
    return [read_json_line(x) for x in data.split(b"\n")[:-1]]


def read_csv(path):
    """Rows as dictionaries, by Python's reader; one record a line, comments only on top."""
    with open(path, "rb") as f:
        data = f.read().decode("utf-8")
    lines = data.split("\n")
    need(lines[-1] == "", f"{path} does not end with a line end")
    lines.pop()
    while lines[0].startswith("#"):
        lines.pop(0)
    rows = list(csv.reader(lines, strict=True))
    whole = list(csv.reader(io.StringIO("\n".join(lines) + "\n", newline=""), strict=True))
    need(rows == whole and len(rows) == len(lines), f"{path}: {len(lines)} lines, but {len(whole)} records")
    for n, (row, source) in enumerate(zip(rows, lines)):
        need(len(row) == len(rows[0]), f"{path}: record {n} has {len(row)} fields of {len(rows[0])}")
        need(n == 0 or (source[0] == '"' and source[-1] == '"'), f"{path}: a field without quotes: {source[:200]!r}")
        for cell in row:
            found = UNSAFE.search(cell.replace("\t", ""))
            need(not found or found.group() == "\ufeff", f"{path}: U+{ord(found.group() if found else ' '):04X} in {cell!r}")
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def as_csv_cell(value, free):
    """What docs/FORMATS.md says a text becomes in a cell."""
    s = re.sub("\r\n|[\r\n\u2028\u2029\x85]", " ", value)
    s = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f%s]" % BIDI, "\ufffd", s)
    return "'" + s if free and re.match("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", value) else s


NAME = re.compile(r"(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$")


def check_lists(folder):
    """Case 97 for plain lists; the number of entries."""
    import ipaddress
    from urllib.parse import urlsplit
    total = 0
    for name in ("domains", "hosts", "ips", "urls"):
        with open(os.path.join(folder, "lists", name + ".txt"), "rb") as f:
            lines = f.read().decode("ascii").split("\n")
        need(lines[-1] == "" and all(x.startswith("# ") for x in lines[:3]), f"{name}: {lines[:4]}")
        entries = lines[3:-1]
        need(lines[2] == f"# {len(entries)} entries", f"{name}: {lines[2]} where there are {len(entries)}")
        need(entries == sorted(set(entries), key=lambda e: (name == "ips" and ":" in e, e)), f"{name} is not sorted, or has a line twice")
        for e in entries:
            if name in ("domains", "hosts"):
                need(NAME.match(e), f"{name}: no host name: {e!r}")
            elif name == "ips":
                need(str(ipaddress.ip_address(e)) == e, f"no address: {e!r}")
            else:
                need(re.match(r"(https?|ftp)://[!-~]+$", e) and not re.search(r"[*^|]", e), f"no plain URL: {e!r}")
                host = urlsplit(e).hostname
                need(NAME.match(host) or ipaddress.ip_address(host), f"host of a URL: {e!r}")
        total += len(entries)
    return total


# ---- terminals ----

def on_terminal(command, **popen):
    """Everything that the program writes when all its streams are a terminal, and its exit code."""
    ours, theirs = pty.openpty()
    import termios
    mode = termios.tcgetattr(theirs)
    mode[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    p = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True, **popen)
    os.close(theirs)
    got = b""
    while True:
        ready, _, _ = select.select([ours], [], [], 60)
        need(ready, f"nothing for 60 s from {command}")
        try:
            data = os.read(ours, 65536)
        except OSError:
            break
        if not data:
            break
        got += data
    os.close(ours)
    return got, p.wait()


def check_terminal(what, data, progress=False):
    """No byte of it moves the cursor, names a window, links, or turns text round."""
    if progress:  # our own: the progress line
        data = data.replace(b"\r\x1b[K", b"").replace(b"\x1b[K", b"").replace(b"\r", b"")
    try:
        s = data.decode("utf-8")
    except UnicodeDecodeError as e:
        need(False, f"{what}: broken UTF-8: {data[max(0, e.start - 60):e.start + 20]!r}")
    found = UNSAFE.search(s.replace("\n", ""))
    at = s.replace("\n", "").find(found.group()) if found else 0
    need(not found, f"{what}: U+{ord(found.group()) if found else 0:04X} reaches the terminal: {s.replace(chr(10), '')[max(0, at - 80):at + 40]!r}")
    return s


def tools():
    """Independent JSON readers that this machine has."""
    found = []
    if shutil.which("jq"):
        found.append(("jq", lambda path: subprocess.run(["jq", "-e", "-c", ".", path], stdout=subprocess.PIPE, check=False)))
    if shutil.which("node"):
        script = ("const l=require('fs').readFileSync(process.argv[1],'utf8').split('\\n').slice(0,-1);"
                  "for(const x of l)process.stdout.write(JSON.stringify(JSON.parse(x))+'\\n')")
        found.append(("node", lambda path: subprocess.run(["node", "-e", script, path], stdout=subprocess.PIPE, check=False)))
    return found


def randoms(seed):
    return random.Random(seed)


__all__ = ["rig"]
