# SPDX-License-Identifier: Apache-2.0
"""What the bench scripts share: one command measured, the machine described, tables.

CPU is user+sys of a command and of all that it started, orphans included: this process is made their reaper. Memory
is measured as docs/ARCHITECTURE.md counts it: anonymous pages of all processes, and shared pages once.
"""
import ctypes
import json
import math
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.005
LONGEST_ORPHAN = 10.0


class Failed(Exception):
    """A measured command did not do what it should."""


def adopt_orphans():
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def read_proc(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", encoding="ascii", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def kilobytes(text, key):
    found = re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found.group(1)) if found else None


def family(pid):
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return [pid]
    children = [int(c) for t in threads for c in read_proc(pid, f"task/{t}/children").split()]
    return [pid] + [p for c in children for p in family(c)]


def memory_of(pids):
    """Bytes: anonymous pages, and shared ones by their share, which adds up to once. Who may not read the shares of
    another process gets the largest of all instead, a little less."""
    anonymous, shares, largest = 0, 0, 0
    for pid in pids:
        status = read_proc(pid, "status")
        anonymous += kilobytes(status, "RssAnon") or 0
        largest = max(largest, kilobytes(status, "RssShmem") or 0)
        shares += kilobytes(read_proc(pid, "smaps_rollup"), "Pss_Shmem") or 0
    return (anonymous + max(shares, largest)) * 1024


def reap_orphans(command):
    end = time.monotonic() + LONGEST_ORPHAN
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                if time.monotonic() > end:
                    raise Failed(f"{command[0]}: left processes behind")
                time.sleep(0.001)
        except ChildProcessError:
            return


def watch(process):
    """The most memory it had, sampled until it ends."""
    most = 0
    while process.poll() is None:
        most = max(most, memory_of(family(process.pid)))
        time.sleep(SAMPLE_SECONDS)
    return most


def cost_of(command, cpus=None, memory=False, codes=(0,), env=None):
    """Run it; -> {"cpu", "wall", "code", "output"} and, if asked for, "memory"."""
    def settle():
        if cpus:
            os.sched_setaffinity(0, cpus)

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        # the affinity must be there before the first thread is
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, preexec_fn=settle,
                              env={**os.environ, **(env or {})}) as process:
            most = watch(process) if memory else None
            code = process.wait()
        wall = time.monotonic() - start
        reap_orphans(command)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        out.seek(0)
        errors.seek(0)
        output, said = out.read().decode("utf-8", "replace"), errors.read().decode("utf-8", "replace")
    if code not in codes:
        raise Failed(f"{' '.join(command[:4])} ...: exit {code}\n{said[-2000:]}")
    cost = {"cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "wall": wall, "code": code,
            "output": output}
    return {**cost, "memory": most} if memory else cost


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "all": values}


def slope(xs, ys):
    """The exponent of y = a x^b, by least squares of the logarithms."""
    points = [(math.log(x), math.log(y)) for x, y in zip(xs, ys) if x > 0 and y > 0]
    if len(points) < 2 or len({x for x, _ in points}) < 2:
        return None
    mx, my = (statistics.fmean(v) for v in zip(*points))
    return sum((x - mx) * (y - my) for x, y in points) / sum((x - mx) ** 2 for x, _ in points)


def line_through(xs, ys):
    """(a, b) of y = a + b x, by least squares."""
    mx, my = statistics.fmean(xs), statistics.fmean(ys)
    b = sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)
    return my - b * mx, b


def first_line(command):
    try:
        out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    return out.split("\n")[0]


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        found = re.search(r"^model name\s*:\s*(.*)$", f.read(), re.MULTILINE)
    return found.group(1) if found else platform.processor()


def library_files(program):
    """The files behind the shared libraries of a program; most have their version in the name."""
    out = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return sorted(os.path.basename(os.path.realpath(p)) for p in re.findall(r"=> (/\S+)", out))


def system_name():
    with open("/etc/os-release", encoding="utf-8") as f:
        found = re.search(r'^PRETTY_NAME="(.*)"$', f.read(), re.MULTILINE)
    return found.group(1) if found else platform.system()


def machine():
    with open("/proc/meminfo", encoding="ascii") as f:
        memory = kilobytes(f.read(), "MemTotal")
    return {"processor": processor(), "cores": os.cpu_count(), "memory_gib": round((memory or 0) / 1048576),
            "system": system_name(), "kernel": platform.release(), "libc": os.confstr("CS_GNU_LIBC_VERSION"),
            "load": round(os.getloadavg()[0], 2)}


def said_version(spamloom):
    return first_line([spamloom, "--version"])


def tool(spamloom, name, given=None):
    """A program that the build puts into its folder bench."""
    path = os.path.join(given or os.path.join(os.path.dirname(os.path.abspath(spamloom)), "bench"), name)
    if not os.access(path, os.X_OK):
        raise Failed(f"{path} is missing: cmake --build BUILD --target bench")
    return path


def write_json(path, value):
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(value, f, indent=1, ensure_ascii=False)
        f.write("\n")
    os.replace(path + ".new", path)


def read_json(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def disk_use(folder):
    return sum(os.stat(os.path.join(where, name)).st_blocks * 512
               for where, _, names in os.walk(folder) for name in names)


def table(head, rows, out=sys.stdout):
    """Columns aligned: the first to the left, the others to the right."""
    cells = [head] + [[str(c) for c in row] for row in rows]
    widths = [max(len(r[i]) for r in cells) for i in range(len(head))]
    for row in cells:
        print("  ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip(), file=out)


def report_and_exit(main):
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {failed}")
