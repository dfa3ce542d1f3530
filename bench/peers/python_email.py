# SPDX-License-Identifier: Apache-2.0
"""The standard library's email package over the files of a folder: all parts decoded, URLs by a regular expression."""
import email
import os
import re
import sys
import time

URL = re.compile(r"https?://[^\s\"'<>]+")


def text_of(part):
    data = part.get_payload(decode=True) or b""
    try:
        return data.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return data.decode("latin-1")


def main():
    mails = urls = 0
    start = time.process_time()
    for entry in os.scandir(sys.argv[1]):
        with open(entry.path, "rb") as f:
            message = email.message_from_bytes(f.read())
        mails += 1
        for part in message.walk():
            if part.get_content_maintype() == "text":
                urls += len(URL.findall(text_of(part)))
            elif not part.is_multipart():
                part.get_payload(decode=True)
    print(f"peer cpu {time.process_time() - start:.6f} mails {mails} urls {urls}")


main()
