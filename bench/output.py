"""Text maps of a million pages, and how fast text, JSON and CSV are written, to /dev/null and to a pipe."""

import statistics
import tempfile

from heaps import describe
from measuring import BIN, Target, measure, call, mib, say, show_size, spread

TITLE = "What is drawn and written"
# A million pages of 4 KiB, all of them in RAM or every second one; and a heap.
SIZES = {"drawn": ("4G", "64M"), "written": ("1G", "64M")}

DRAWN_HEAD = ["text map", "bytes", "wall", "CPU", "bare CPU", "beyond reading, ms", "peak MiB"]
WRITTEN_HEAD = ["output", "to", "bytes", "wall", "CPU", "MB/s", "MB/s of CPU", "reading CPU", "writing CPU", "CPU : reading + writing", "peak MiB"]
DRAWN = {
    "dense": {"all resident, folded": [], "all resident, `--no-fold`": ["--no-fold"]},
    "every2": {"every second": [], "every second, `--color always`": ["--color", "always"]},
}


def size_of(command):
    return int(call("sh", "-c", '"$@" | wc -c', "sh", *command))


def measure_drawn(bench, report):
    amount, rows = bench.sizes["drawn"], []
    for kind, views in DRAWN.items():
        with report.case(f"text map, {kind} {show_size(amount)}"), Target([BIN / "target", kind, amount]) as pid:
            commands = [[bench.pagealloc, pid, *options] for options in views.values()]
            *runs, limit = measure(bench.rounds, [*commands, [BIN / "bare", pid]])
            for name, command, run in zip(views, commands, runs):
                title = f"{amount // 4096} pages, {name}"
                rows.append([title, str(size_of(command)), spread(run.wall), spread(run.cpu), spread(limit.cpu),
                             f"**{run.above(limit):.1f}**", mib(run.peak)])
                report.quicker("text map beyond reading, CPU", title, run.above(limit), 30)
                report.peak(title, run.peak)
    report.add("Text maps:", DRAWN_HEAD, rows)


def measure_written(title, pid, options, reading, bench, report, free=0):
    command = [bench.pagealloc, *options(pid)]
    amount = size_of(command)
    for to in ("/dev/null", "pipe"):
        run, writing, *read = measure(bench.heap_rounds, [command, [BIN / "bare_write", amount], *reading], pipe=to == "pipe")
        limit = [sum(parts) for parts in zip(writing.cpu, *(r.cpu for r in read))]
        speed, of_cpu = (amount / 1000 / statistics.median(times) for times in (run.wall, run.cpu))
        yield [title, to, str(amount), spread(run.wall), spread(run.cpu), f"{speed:.0f}", f"{of_cpu:.0f}",
               spread([sum(parts) for parts in zip(*(r.cpu for r in read))]), spread(writing.cpu),
               f"**{statistics.median(c / l for c, l in zip(run.cpu, limit)):.2f}**", mib(run.peak)]
        if "csv" in command:
            report.aim("blocks CSV", f"{title}, to {to}", f"{speed:.0f} MB/s ({of_cpu:.0f} of CPU)", "≥ 300 MB/s", speed >= 300)
        report.peak(f"{title}, to {to}", run.peak, free)


def measure_all(bench, chosen, report):
    if "drawn" in chosen:
        measure_drawn(bench, report)
    if "written" not in chosen:
        return
    amount, rows = bench.sizes["written"], []
    bare = BIN / "bare"
    with report.case(f"map as text and JSON, {show_size(amount)}"), Target([BIN / "target", "every2", amount]) as pid:
        for title, options in (("text map", lambda p: [p]), ("JSON", lambda p: [p, "--format", "json"]),
                               ("JSON with `--runs`", lambda p: [p, "--format", "json", "--runs"])):
            rows += measure_written(f"{title}, every 2nd page of {show_size(amount)}", pid, options, [[bare, pid]], bench, report)
    with (report.case(f"blocks as CSV and JSON lines, {show_size(amount)}"), tempfile.NamedTemporaryFile() as ranges,
          Target([BIN / "heaps", "heap", amount]) as pid):
        blocks, free = describe(pid, bench.pagealloc, ranges.name, report)
        say(f"{blocks} blocks")
        for form in ("csv", "jsonl"):
            rows += measure_written(f"{form} of {blocks} blocks", pid, lambda p: ["blocks", p, "--format", form],
                                    [[bare, "--copy", pid, ranges.name]], bench, report, free)
    report.add("Output; the reader of the pipe only reads:", WRITTEN_HEAD, rows)
