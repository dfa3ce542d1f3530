#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What bench/make_trap writes: the same bytes for the same seed, the same mails in every format and number of files,
text that is valid in the charset it names, and a truth that holds what the mails hold.

usage: generator.py MAKE_TRAP [TEST...]
"""
import collections
import email
import email.policy
import gzip
import hashlib
import html
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

EVERYTHING = ["--mails", "300", "--campaigns", "30", "--kit", "3", "--copies", "3", "--burst", "40",
              "--coded-tokens", "0.5", "--attachments", "0.3", "--padding", "0.3", "--busters", "0.5", "--crlf", "0.5",
              "--mean", "6K", "--median", "4K", "--seed", "42"]
# Of the mbox of these options. It changes with every change of a table or a rule; never with compiler or machine.
DIGEST = "9db6342dc81c555116db0f5dc7c1c9406378312739a76bf3f2b0fd61141d9e24"


def need(ok, text):
    if not ok:
        sys.exit(f"generator: {text}")


def make(program, stem, *options):
    subprocess.run([program, *EVERYTHING, *options, stem], check=True)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def unquoted(text):
    """The raw mails of an mboxrd file."""
    for mail in re.split(rb"(?:\A|(?<=\n)\r?\n)From [^\n]*\n", text)[1:]:
        yield re.sub(rb"(?m)^>(>*From )", rb"\1", mail)


def mails_of_mbox(text):
    mails = list(unquoted(text))
    last = mails[-1]  # the blank line behind the last one is not cut by the split
    mails[-1] = last[:-2] if last.endswith(b"\r\n") else last[:-1]
    return mails


def truth_of(stem):
    with open(stem + ".truth.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_same_seed_same_bytes(program):
    make(program, "a")
    make(program, "b")
    make(program, "c", "--seed", "43")
    need(content("a.mbox") == content("b.mbox"), "two runs differ")
    need(content("a.truth.jsonl") == content("b.truth.jsonl"), "two truths differ")
    need(content("a.mbox") != content("c.mbox"), "another seed gives the same mails")
    digest = hashlib.sha256(content("a.mbox")).hexdigest()
    need(digest == DIGEST, f"the mails of seed 42 are not what they were: {digest}")


def test_formats_and_shards(program):
    make(program, "plain")
    plain, truth = content("plain.mbox"), content("plain.truth.jsonl")
    mails = mails_of_mbox(plain)
    need(len(mails) == 300, f"{len(mails)} mails")
    for shards in ("4", "7"):
        make(program, "s" + shards, "--shards", shards)
        parts = sorted(p for p in os.listdir() if p.startswith(f"s{shards}-"))
        need(len(parts) == int(shards), f"{len(parts)} shards")
        need(b"".join(map(content, parts)) == plain, "shards hold other mails")
        need(content(f"s{shards}.truth.jsonl") == truth, "shards have another truth")
    for name, opened in (("gz", gzip.open), ("xz", lzma.open)):
        make(program, name, "--format", name)
        with opened(f"{name}.mbox.{name}") as file:
            need(file.read() == plain, f"{name} holds other mails")
    for name in ("zst", "zst-long"):
        make(program, name, "--format", name)
        path = "zst.mbox.zst" if name == "zst" else "zst-long.long.mbox.zst"
        unpacked = subprocess.run(["zstd", "-dc", "--long=27", path], check=True, stdout=subprocess.PIPE).stdout
        need(unpacked == plain, f"{name} holds other mails")
    for name in ("tar", "tar.gz"):
        make(program, name, "--format", name)
        with tarfile.open(f"{name}.{name}") as file:
            need([file.extractfile(m).read() for m in file] == mails, f"{name} holds other mails")
    make(program, "zip", "--format", "zip")
    with zipfile.ZipFile("zip.zip") as file:
        need([file.read(m) for m in file.infolist()] == mails, "zip holds other mails")
    make(program, "members", "--format", "zip", "--member", "50")
    with zipfile.ZipFile("members.zip") as file:
        need(b"".join(file.read(m) for m in file.infolist()) == plain, "zip of mboxes holds other mails")
    make(program, "dir", "--format", "maildir")
    names = sorted(os.listdir("dir.maildir/cur"))
    need([content("dir.maildir/cur/" + n) for n in names] == mails, "Maildir holds other mails")


def parts_of(raw):
    """(type, decoded text or bytes) of each leaf; fails where bytes are not valid in their charset."""
    for part in email.message_from_bytes(raw, policy=email.policy.compat32).walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        if part.get_content_maintype() == "text" and not part.get_filename():
            yield part.get_content_subtype(), payload.decode(part.get_content_charset())
        else:
            yield "file", payload


def expected(row, texts, files):
    """What the truth says is in the parts, or in the header, must be found there, and every link the other way round."""
    everything = "\n".join(texts)
    for url in row["urls"]["link"] + row["urls"]["form"] + row["urls"]["image"]:
        need(url in everything, f"mail {row['mail']}: {url} is not there")
    for value in row["emails"]:
        need(value in everything, f"mail {row['mail']}: {value} is not there")
    known = set(row["urls"]["link"] + row["urls"]["form"] + row["urls"]["image"])
    written = set(re.findall(r"https?://[^\s\"'<>]+", everything))
    need(written == known, f"mail {row['mail']}: {written ^ known}")
    digests = {hashlib.sha256(f).hexdigest() for f in files}
    need(digests == set(row["attachments"]), f"mail {row['mail']}: files differ")


def test_text_and_truth(program):
    make(program, "t", "--encoded", "0.6", "--kit", "1", "--campaigns", "80")
    charsets = collections.Counter()
    for raw, row in zip(mails_of_mbox(content("t.mbox")), truth_of("t")):
        parts = list(parts_of(raw))
        texts = [html.unescape(text) if kind == "html" else text for kind, text in parts if kind != "file"]
        expected(row, texts, [text for kind, text in parts if kind == "file"])
        for text in texts:
            need("\ufffd" not in text and "\x1b" not in text, f"mail {row['mail']}: not valid in {row['charset']}")
        charsets[row["charset"]] += 1
        header = email.message_from_bytes(raw, policy=email.policy.default)
        need(header["subject"] and "=?" not in header["subject"], f"mail {row['mail']}: subject")
    need(len(charsets) >= 6, f"only {sorted(charsets)}")


def test_headers(program):
    for count in (14, 59):
        make(program, f"h{count}", "--headers", str(count))
        for raw in mails_of_mbox(content(f"h{count}.mbox")):
            fields = len(email.message_from_bytes(raw).keys())
            need(abs(fields - count) <= 1, f"{fields} fields where {count} were asked for")


def test_copies(program):
    make(program, "k", "--headers", "14")
    bodies = collections.defaultdict(collections.Counter)
    for raw, row in zip(mails_of_mbox(content("k.mbox")), truth_of("k")):
        bodies[row["original"]][re.split(rb"\n\r?\n", raw, maxsplit=1)[1]] += 1
    need(len(bodies) == 100 and all(sum(b.values()) == 3 for b in bodies.values()), "not three copies of each")
    need(all(max(b.values()) >= 2 for b in bodies.values()), "copies that keep the body do not")
    need(sum(len(b) > 1 for b in bodies.values()) > 40, "copies that vary do not")


def main():
    program, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    for name, test in list(globals().items()):
        if name.startswith("test_") and (not wanted or name in wanted):
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                test(program)
                os.chdir("/")
            print(f"ok {name}")


main()
