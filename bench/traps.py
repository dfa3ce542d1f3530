# SPDX-License-Identifier: Apache-2.0
"""Corpora out of bench/make_trap: their files, their truth."""
import glob
import os
import subprocess

import measure

TRUTH, BRANDS = ".truth.jsonl", ".brands.tsv"


def make(spamloom, stem, tools=None, more=(), **options):
    """Write a trap; options are those of make_trap: url_tokens=0.5 is --url-tokens=0.5. -> its archives"""
    command = [measure.tool(spamloom, "make_trap", tools), *more,
               *(f"--{name.replace('_', '-')}={value}" for name, value in options.items()), stem]
    made = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          check=False)
    if made.returncode != 0:
        raise measure.Failed(f"{' '.join(command)}: exit {made.returncode}\n{made.stderr}")
    return sorted(p for p in glob.glob(glob.escape(stem) + "*") if not p.endswith((TRUTH, BRANDS)))


def remove(stem):
    for path in glob.glob(glob.escape(stem) + "*"):
        os.unlink(path)


def files_of(corpus):
    """The archives of a corpus: itself, or all files of a folder but truths and brands."""
    if not os.path.isdir(corpus):
        return [corpus]
    return sorted(os.path.join(where, name) for where, _, names in os.walk(corpus) for name in names
                  if not name.endswith((TRUTH, BRANDS)))


def beside(corpus, ending):
    """The truth (the brands) of a corpus: STEM.truth.jsonl beside STEM.mbox.zst, or the one in the folder; or None."""
    corpus = os.path.abspath(corpus)
    if os.path.isdir(corpus):
        return next(iter(sorted(glob.glob(glob.escape(corpus) + "/*" + ending))), None)
    stems = [p[:-len(ending)] for p in glob.glob(glob.escape(os.path.dirname(corpus)) + "/*" + ending)]
    fitting = [s for s in stems if corpus.startswith((s + ".", s + "-"))]
    return max(fitting, key=len) + ending if fitting else None
