"""What pagealloc does with heaps beside a copy of their bytes; see README.md."""

import array
import json
import mmap
import re
import statistics
import tempfile
from contextlib import ExitStack

from measuring import BASH, BIN, Failed, Target, call, measure, mib, say, show_size, spread
from swap import swap_file

TITLE = "Heaps beside a copy of their resident bytes"
SIZES = {"heap": ("4G", "64M"), "arenas16": ("1G", "64M"), "paged": ("1G", "64M"), "arenas": ("1000", "100"), "lists": ("500000", "50000")}
PAGE = mmap.PAGESIZE
INCOMPLETE = 4  # the status of a run that calls a heap damaged; that it does so of whole ones is told, and measured

HEAD = ["heap", "summary wall", "summary CPU", "copy wall", "copy CPU", "summary : copy", "summary : copy + pages",
        "json : summary", "csv CPU", "csv : copy", "peak MiB", "bytes a free block"]
CORES_HEAD = ["summary", "one core, wall", "copy, one core, wall", "CPU : copy, one core", "wall : copy, one core", "all cores, wall",
              "copy, all cores, wall", "wall : copy, all cores"]
FREEZE_HEAD = ["`--freeze`", "pause", "whole run", "copy wall", "pause : copy", "peak MiB"]


def name(case, amount):
    return {"heap": f"{show_size(amount)}, 40 % free", "arenas16": f"{show_size(amount)} in 16 thread arenas",
            "paged": f"{show_size(amount)}, half of it swapped out", "arenas": f"{amount} small arenas",
            "lists": f"{amount} fastbin chunks in random order"}[case]


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


def describe(pid, pagealloc, ranges, report):
    """Writes the resident ranges of all heaps, and tells how many blocks there are and how many of them are free."""
    document = json.loads(call(pagealloc, pid, "--show", "summary", "--format", "json", may=INCOMPLETE))
    for finding in document["findings"]:
        if finding["id"] == "brokenHeap":
            report.wrong(f"heaps are whole here, yet pagealloc says: {finding['text']}")
    arenas = document["heaps"]["arenas"]
    with open(ranges, "w") as file:
        for segment in (s for a in arenas for s in a["segments"]):
            file.writelines(resident_ranges(pid, int(segment["start"], 16), int(segment["end"], 16)))
    free = sum(a[s]["blocks"] for a in arenas for s in ("tcache", "fast", "unsorted", "small", "large"))
    return free + sum(a["used"]["blocks"] for a in arenas), free


def swapped(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmSwap:"))


def measure_freeze(title, summary, copy, rounds, free, report):
    frozen = [*summary, "--freeze"]
    pauses, quotients = [], []
    for _ in range(rounds + 1):
        # The program says the pause on standard error, beside its output.
        said = call("sh", "-c", 'exec "$@" 2>&1 >/dev/null', "sh", *frozen, may=INCOMPLETE)
        pauses.append(float(re.search(r"frozen for ([\d.]+) ms", said)[1]))
        quotients.append(pauses[-1] / measure(2, [copy])[0].wall[-1])
    # The first round is to warm up.
    pauses, ratio = pauses[1:], statistics.median(quotients[1:])
    runs, copies = measure(rounds, [frozen, copy], may=INCOMPLETE)
    report.at_most("`--freeze` pause : copy, wall", title, ratio, 1)
    report.peak(f"{title}, `--freeze`", runs.peak, free)
    return [title, spread(pauses), spread(runs.wall), spread(copies.wall), f"**{ratio:.2f}**", mib(runs.peak)]


def measure_cores(title, summary, copy, bench, report):
    """What a second core is worth: both on one core, then both as they like; the copy is one thread in either case."""
    one, one_copy = measure(bench.heap_rounds, [summary, copy], one_core=True, may=INCOMPLETE)
    free, free_copy = measure(bench.heap_rounds, [summary, copy], may=INCOMPLETE)
    report.at_most("heap summary : copy, one core, CPU", title, one.ratio(one_copy), 1.15)
    two = free.wall_ratio(free_copy)
    report.aim("heap summary : copy, two cores, wall", title, f"{two:.3f}", "< 1.0", two < 1)
    return [title, spread(one.wall), spread(one_copy.wall), f"**{one.ratio(one_copy):.2f}**", f"{one.wall_ratio(one_copy):.2f}",
            spread(free.wall), spread(free_copy.wall), f"**{two:.2f}**"]


def measure_heap(title, pid, ranges, bench, floor, report):
    """The rows of three tables."""
    blocks, free = describe(pid, bench.pagealloc, ranges, report)
    summary, copy = [bench.pagealloc, pid, "--show", "summary"], [BIN / "bare", "--copy", pid, ranges]
    before = swapped(pid)
    say(f"{blocks} blocks, {free} free, {before} KiB in swap; {call(*copy).strip()}")
    run, limit, pages, document, csv = measure(bench.heap_rounds, [
        summary, copy, [BIN / "bare", pid], [*summary, "--format", "json"], [bench.pagealloc, "blocks", pid, "--format", "csv"]], may=INCOMPLETE)
    whole = statistics.median(s / (c + p) for s, c, p in zip(run.cpu, limit.cpu, pages.cpu))
    peak = max(run.peak, document.peak, csv.peak)
    row = [title, *(spread(t) for t in (run.wall, run.cpu, limit.wall, limit.cpu)), f"**{run.ratio(limit):.2f}**", f"{whole:.2f}",
           f"{document.ratio(run):.2f}", spread(csv.cpu), f"{csv.ratio(limit):.2f}", mib(peak),
           f"{max(0, run.peak - floor) * 1024 / free:.1f}" if free else "–"]
    report.peak(title, peak, free)
    cores = measure_cores(title, summary, copy, bench, report)
    freeze = measure_freeze(title, summary, copy, bench.heap_rounds, free, report)
    if swapped(pid) < before:
        raise Failed(f"looking brought {before - swapped(pid)} KiB back from swap")
    return row, cores, freeze


def measure_all(bench, chosen, report):
    if not chosen:
        return
    with Target(BASH) as pid:
        floor = measure(bench.heap_rounds, [[bench.pagealloc, pid, "--show", "summary"]])[0].peak
    rows = []
    for case in chosen:
        amount = bench.sizes[case]
        title = name(case, amount)
        with report.case(title), ExitStack() as stack:
            if case == "paged":
                stack.enter_context(swap_file(amount))
            ranges = stack.enter_context(tempfile.NamedTemporaryFile(prefix="pagealloc-bench."))
            pid = stack.enter_context(Target([BIN / "heaps", case, amount]))
            rows.append(measure_heap(title, pid, ranges.name, bench, floor, report))
    for heading, head, part in zip(("", "Summary, and what a second core is worth:", "With `--freeze`:"),
                                   (HEAD, CORES_HEAD, FREEZE_HEAD), zip(*rows)):
        report.add(heading or "Summary, JSON and CSV:", head, part)
