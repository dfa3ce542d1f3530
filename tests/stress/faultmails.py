# SPDX-License-Identifier: Apache-2.0
"""200 invented mails in the usual wrappings, for tests that disturb a run over them."""
import base64
import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile

LURES = (
    ("Parcel held at the depot", "qvr-parcel", "Your parcel {n} waits at the depot. Pay the fee: {url}"),
    ("お荷物のお届けについて", "zmk-todoke", "お荷物 {n} をお届けできませんでした。確認: {url}"),
    ("Mailbox is full", "wpt-quota", "Storage of {n} MB is used up. Keep your mails: {url}"),
    ("Invoice attached", "xhd-billing", "Invoice {n} is overdue, see {url} or write to pay{n}@xhd-billing.test"),
)
CHARSETS = ("utf-8", "iso-2022-jp", "shift_jis", "euc-jp")
CRC_AT = 14  # of the sum in a local record of a zip


def mail(n):
    subject, host, text = LURES[n % len(LURES)]
    charset = CHARSETS[n % 3 + 1 if n % len(LURES) == 1 else 0]
    url = f"http://{host}{n % 5}.example/{n % 7}/login"
    return (f"Received: from relay{n % 9}.example (relay{n % 9}.example [198.51.{n % 9 + 100}.{n % 250 + 1}])\n"
            f"\tby mx.trap.example; Mon, {n % 28 + 1:02} Nov 2026 10:{n % 60:02}:00 +0000\n"
            f"From: \"Service {n % 4}\" <info@{host}{n % 3}.example>\nTo: <bait{n}@trap.example>\n"
            f"Subject: =?utf-8?B?{base64.b64encode(subject.encode()).decode()}?=\n"
            f"Date: Mon, {n % 28 + 1:02} Nov 2026 10:{n % 60:02}:00 +0000\n"
            f"Message-ID: <{n}@{host}.example>\nMIME-Version: 1.0\n"
            f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: base64\n\n"
            ).encode() + base64.encodebytes((text.format(n=n, url=url) + "\n\nAct within 24 hours.\n").encode(charset))


def mbox(first, n):
    return b"".join(b"From trap@trap.example Sun Nov  1 10:00:00 2026\n" + mail(i) + b"\n"
                    for i in range(first, first + n))


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0)), data)
    return out.getvalue()


def eml(first, n):
    return zipped((f"mail/{i}.eml", mail(i)) for i in range(first, first + n))


def tar_gz(members):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as gz, tarfile.open(fileobj=gz, mode="w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1793500000
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def break_crc(data):
    """The first member does not have the sum that its records state."""
    broken = bytearray(data)
    broken[CRC_AT] ^= 1
    at = broken.index(b"PK\1\2")
    broken[at + 16] ^= 1
    return bytes(broken)


def write_folder(folder, damaged):
    """Files with 200 mails, whole; with damage behind them when asked for."""
    members = [(f"month/box{i}", mbox(20 * i, 20)) for i in range(6)]
    members.append(("month/inner.zip", eml(120, 30)))
    members += [(f"Maildir/new/{1793500000 + i}.M{i}.trap", mail(i)) for i in range(150, 155)]
    members.append(("month/notes.txt", b"Nothing of this is a mail.\n"))
    if damaged:
        cut = gzip.compress(mbox(10, 10), mtime=0)
        members.append(("month/cut.gz", cut[:len(cut) * 2 // 3]))
        members.append(("month/broken.zip", break_crc(eml(30, 3))))
    files = {"a.tar.gz": tar_gz(members), "b.zip": eml(155, 15), "c.mbox": mbox(170, 10),
             "deep/d.mbox.xz": lzma.compress(mbox(180, 10)), "deep/e.bz2": bz2.compress(mbox(190, 10))}
    for name, data in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        os.utime(path, (1793500000, 1793500000))
