"""Measures what pagealloc does with heaps beside a copy of their bytes; see README.md."""

import array
import json
import mmap
import re
import statistics
import subprocess
import tempfile

from measuring import BIN, Target, call, measure, say, spread, table

# What each has of: a size in bytes, or a count.
SIZES = {"heap": ("4G", True), "arenas16": ("1G", True), "arenas": ("1000", False), "lists": ("500000", False)}
PAGE = mmap.PAGESIZE

HEAD = ["heap", "summary wall", "summary CPU", "copy wall", "copy CPU", "summary : copy", "summary : copy + pages",
        "json : summary", "csv CPU", "csv : copy", "csv MB/s", "peak MiB", "bytes a free block"]
FREEZE_HEAD = ["heap", "pause", "whole run", "copy wall", "pause : copy", "peak MiB"]


def names(options):
    return {
        "heap": f"{options.heap / (1 << 30):.1f} GiB, 40 % free",
        "arenas16": f"{options.arenas16 / (1 << 30):.1f} GiB in 16 thread arenas",
        "arenas": f"{options.arenas} small arenas",
        "lists": f"{options.lists} fastbin chunks in random order",
    }


def resident_ranges(pid, start, end):
    """What of a segment is in RAM: only that can be copied without changing the target."""
    first = start // PAGE
    entries = array.array("Q")
    with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap:
        pagemap.seek(first * 8)
        entries.frombytes(pagemap.read((-(-end // PAGE) - first) * 8))
    begun = None
    for number, entry in enumerate([*entries, 0], first):
        if entry >> 63 and begun is None:
            begun = number
        elif not entry >> 63 and begun is not None:
            yield f"{begun * PAGE:x} {number * PAGE:x}\n"
            begun = None


def describe(pid, pagealloc, ranges):
    """Writes the resident ranges of all heaps, and tells how many blocks there are and how many of them are free."""
    heaps = json.loads(call(pagealloc, pid, "--show", "summary", "--format", "json"))["heaps"]
    arenas = heaps["arenas"]
    with open(ranges, "w") as file:
        for segment in (s for a in arenas for s in a["segments"]):
            file.writelines(resident_ranges(pid, int(segment["start"], 16), int(segment["end"], 16)))
    free = sum(a[s]["blocks"] for a in arenas for s in ("tcache", "fast", "unsorted", "small", "large"))
    return free + sum(a["used"]["blocks"] for a in arenas), free


def csv_bytes(pid, pagealloc):
    with subprocess.Popen([pagealloc, "blocks", pid, "--format", "csv"], stdout=subprocess.PIPE) as process:
        return sum(len(part) for part in iter(lambda: process.stdout.read(1 << 20), b""))


def measure_freeze(name, pid, pagealloc, copy, rounds):
    frozen = [pagealloc, pid, "--show", "summary", "--freeze"]
    pauses = []
    for _ in range(rounds):
        done = subprocess.run([str(c) for c in frozen], capture_output=True, text=True)
        pauses.append(float(re.search(r"frozen for ([\d.]+) ms", done.stderr)[1]))
    runs, copies = measure(rounds, [frozen, copy])
    ratio = statistics.median(pauses) / statistics.median(copies.wall)
    return [name, spread(pauses), spread(runs.wall), spread(copies.wall), f"**{ratio:.2f}**", f"{runs.peak / 1024:.1f}"]


def measure_heap(name, command, pagealloc, floor, rounds):
    with Target(command) as pid, tempfile.NamedTemporaryFile(prefix="pagealloc-bench.") as ranges:
        blocks, free = describe(pid, pagealloc, ranges.name)
        copy = [BIN / "bare", "--copy", pid, ranges.name]
        text_bytes = csv_bytes(pid, pagealloc)
        say(f"{name}: {blocks} blocks, {free} free, {call(*copy).strip()}, {text_bytes} bytes of csv")
        summary, limit, pages, document, csv = measure(rounds, [
            [pagealloc, pid, "--show", "summary"], copy, [BIN / "bare", pid],
            [pagealloc, pid, "--show", "summary", "--format", "json"], [pagealloc, "blocks", pid, "--format", "csv"]])
        whole = statistics.median(s / (c + p) for s, c, p in zip(summary.cpu, limit.cpu, pages.cpu))
        row = [name, *(spread(t) for t in (summary.wall, summary.cpu, limit.wall, limit.cpu)),
               f"**{summary.ratio(limit):.2f}**", f"{whole:.2f}", f"{document.ratio(summary):.2f}", spread(csv.cpu),
               f"{csv.ratio(limit):.2f}", f"{text_bytes / 1000 / statistics.median(csv.wall):.0f}",
               f"{max(summary.peak, document.peak, csv.peak) / 1024:.1f}",
               f"{max(0, summary.peak - floor) * 1024 / free:.1f}" if free else "–"]
        return row, measure_freeze(name, pid, pagealloc, copy, rounds)


def measure_all(options, chosen, pagealloc, small):
    """The tables of the heaps that were chosen, as lines."""
    if not chosen:
        return []
    with Target(small) as pid:
        floor = measure(options.heap_rounds, [[pagealloc, pid, "--show", "summary"]])[0].peak
    commands = {h: [BIN / "heaps", h, str(getattr(options, h))] for h in chosen}
    rows = [measure_heap(names(options)[h], commands[h], pagealloc, floor, options.heap_rounds) for h in chosen]
    return ["Heaps, beside a copy of their resident bytes:", "", table(HEAD, [r for r, _ in rows]), "",
            "Heaps with `--freeze`:", "", table(FREEZE_HEAD, [f for _, f in rows]), ""]
