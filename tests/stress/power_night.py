# SPDX-License-Identifier: Apache-2.0
"""What the two power-cut tests share: two made-up nights, and what must hold of the files at any instant.

Night one reads some archives into an empty store. Night two reads these again and new ones, of which one is cut
short and one repeats old mails. All names are invented, all domains are examples.
"""
import base64
import gzip
import hashlib
import io
import json
import os
import random
import subprocess
import tarfile
import zipfile

MTIME = 1795392000  # 2026-11-23T00:00:00Z
MANIFEST = "MANIFEST.sha256"
UNLISTED = {"run.json"}  # holds clock times, so it is in no manifest and equal to nothing
NIGHTS = ("2026-11-24", "2026-11-25")
OPENERS = ("Dear customer", "Good day", "Hello friend", "Attention please",
           "お客様各位", "平素は格別のお引き立てを")
WORDS = ("account parcel invoice payment wallet delivery security update confirm limit notice refund order service "
         "ticket member card login prize winner offer today expires urgent review status number office").split()
KANA = "ご確認ください 重要なお知らせ 会員情報 更新手続き 配送状況 お支払い方法 異常を検出 利用停止".split()


class Campaign:
    def __init__(self, rand, number):
        self.number = number
        self.host = f"www.{''.join(rand.choices('bcdfghklmnprstvwz', k=8))}{number}.example"
        self.sender = f"desk{number}@mail{number % 17}.example"
        self.net = f"198.51.{rand.randrange(100, 104)}"
        self.subject = " ".join(rand.choices(WORDS, k=4))
        self.opener = rand.choice(OPENERS)
        self.lines = [" ".join(rand.choices(WORDS + KANA, k=rand.randrange(6, 14)))
                      for _ in range(rand.randrange(5, 12))]
        self.html = rand.random() < 0.4


def one_mail(rand, campaign, serial):
    day, second = rand.randrange(1, 23), rand.randrange(86400)
    when = f"{day} Nov 2026 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} +0000"
    link = f"http://{campaign.host}/{campaign.number}/{rand.randrange(16 ** 8):08x}"
    text = "\n".join([campaign.opener, "", *campaign.lines, "", link, f"ref {rand.randrange(10 ** 9)}"])
    if campaign.html:
        shown = text.replace("\n", "<br>\n")
        text = f'<html><body>{shown}<a href="{link}">{campaign.subject}</a></body></html>'
    body = base64.encodebytes(text.encode()).decode()
    kind = "html" if campaign.html else "plain"
    return (f"Received: from m.example (unknown [{campaign.net}.{rand.randrange(1, 255)}])\n"
            f"\tby mx.trap.example with ESMTP id {serial:08X}; {when}\n"
            f"Date: {when}\nFrom: {campaign.sender}\nTo: bait{rand.randrange(40)}@trap.example\n"
            f"Subject: {campaign.subject} {rand.randrange(1000)}\n"
            f"Message-ID: <{serial}.{rand.randrange(10 ** 6)}@m.example>\n"
            f"MIME-Version: 1.0\nContent-Type: text/{kind}; charset=utf-8\n"
            f"Content-Transfer-Encoding: base64\n\n{body}").encode()


def mbox(mails):
    return b"".join(b"From trap@trap.example Mon Nov 23 00:00:00 2026\n" + m + b"\n" for m in mails)


def tar_gz(files):
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w") as tar:
        for name, raw in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(raw), MTIME
            tar.addfile(entry, io.BytesIO(raw))
    return gzip.compress(box.getvalue(), mtime=MTIME)


def zipped(files):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as z:
        for name, raw in files:
            z.writestr(zipfile.ZipInfo(name, (2026, 11, 23, 0, 0, 0)), raw)
    return box.getvalue()


def make_nights(folder, seed, mails):
    """Write the archives below `folder`; the names of the first night's and of the second night's."""
    rand = random.Random(f"{seed}/nights")
    campaigns = [Campaign(rand, i) for i in range(max(6, mails // 5))]
    pool = [one_mail(rand, campaigns[min(int(rand.expovariate(2.5 / len(campaigns))), len(campaigns) - 1)], i)
            for i in range(mails)]
    part = [pool[i * mails // 8:(i + 1) * mails // 8] for i in range(8)]
    files = {
        "a.mbox": mbox(part[0]),
        "b.tar.gz": tar_gz([("b/one.mbox", mbox(part[1])), *((f"b/{i}.eml", m) for i, m in enumerate(part[2][:20]))]),
        "c.mbox.gz": gzip.compress(mbox(part[2]), mtime=MTIME),
        "d.zip": zipped([(f"d/{i:04}.eml", m) for i, m in enumerate(part[3])]),
        "e.tar.gz": tar_gz([("e/new.mbox", mbox(part[4])), ("e/old.mbox", mbox(part[1][::3]))]),
        "f.mbox.gz": gzip.compress(mbox(part[5]), mtime=MTIME)[:-4000],
        "g.mbox": mbox(part[6] + part[0][:30]),
        "h.tar.gz": tar_gz([(f"h/{i:04}.eml", m) for i, m in enumerate(part[7])]),
    }
    for name, raw in files.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(raw)
        os.utime(os.path.join(folder, name), (MTIME, MTIME))
    names = sorted(files)
    return names[:4], names


def quick_folder():
    """Where a sync costs nothing; what it makes safe is not asked of the machine below."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None


def read_tree(folder):
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    found[os.path.relpath(path, folder)] = f.read()
    return found


def fixed(tree):
    """The files that are a function of the input."""
    return {name: raw for name, raw in tree.items() if name not in UNLISTED}


def is_final(name):
    return not os.path.basename(name).startswith(".")


def fault_of_output(tree, old, new, done=False):
    """What is wrong with an output folder after a cut, or None. `done`: the run had told of its end."""
    sums = tree.get(MANIFEST)
    if sums is not None and sums not in (old.get(MANIFEST), new[MANIFEST]):
        return f"the manifest is neither the old nor the new one: {len(sums)} bytes"
    for line in (sums or b"").decode().splitlines():
        digest, name = line.split("  ", 1)
        if name not in tree:
            return f"the manifest lists {name}, which is missing"
        if hashlib.sha256(tree[name]).hexdigest() != digest:
            return f"{name} ({len(tree[name])} bytes) is not what the manifest says"
    for name in filter(is_final, tree):
        if name in UNLISTED:
            try:
                json.loads(tree[name])
            except ValueError:
                return f"{name} ({len(tree[name])} bytes) is no JSON"
        elif tree[name] not in (old.get(name), new.get(name)):
            return f"{name} ({len(tree[name])} bytes) is neither the old nor the new file"
    if done and sums != new[MANIFEST]:
        return "the run had ended, and its manifest is not there"
    return None


def fault_of_end(tree, new):
    """What is wrong with the output of a run that came to its end, or None."""
    got, want = fixed(tree), fixed(new)
    for name in sorted(set(got) | set(want)):
        if got.get(name) != want.get(name):
            return f"{name} differs from the undisturbed run's ({len(got.get(name, b''))} bytes)"
    return None


def check_store(spamloom, store):
    """What `spamloom check` has against the store, or None."""
    p = subprocess.run([spamloom, "check", "-s", store], capture_output=True, text=True, check=False)
    said = (p.stderr + p.stdout).strip()[-300:]
    return None if p.returncode == 0 else f"check of the store: exit {p.returncode}: {said}"
