"""Whether the cost grows linearly with resident pages and with blocks: four sizes in turn, tables and plots."""

import math
import statistics
import tempfile
from contextlib import ExitStack

from heaps import describe
from measuring import BIN, Target, call, measure, say, show_size, spread
from plot import plot

TITLE = "Cost by resident pages and by blocks"
# The base; ¼, ½, 1 and 2 of it are measured.
SIZES = {"linear-pages": ("2G", "128M"), "linear-blocks": ("2G", "128M")}
PARTS = (0.25, 0.5, 1, 2)
MOST_EXPONENT = 1.05


def points(amounts, runs):
    return [(n, statistics.median(r.cpu), *statistics.quantiles(r.cpu, n=4, method="inclusive")[::2]) for n, r in zip(amounts, runs)]


def line(dots):
    """The slope of the straight line of least squares, and the exponent of growth."""
    slope, _ = statistics.linear_regression([d[0] for d in dots], [d[1] for d in dots])
    return slope, statistics.linear_regression([math.log(d[0]) for d in dots], [math.log(d[1]) for d in dots]).slope


def show(what, noun, limit_name, amounts, runs, limits, bench, report):
    ours, bare = points(amounts, runs), points(amounts, limits)
    rows = [[f"{n:,}", spread(r.cpu), spread(l.cpu), f"{y * 1e6 / n:.1f}", f"{z * 1e6 / n:.1f}", f"{r.ratio(l):.2f}"]
            for n, r, l, (_, y, *_), (_, z, *_) in zip(amounts, runs, limits, ours, bare)]
    (slope, far), (bare_slope, bare_far) = line(ours), line(bare)
    rows.append(["slope of the line", "", "", f"**{slope * 1e6:.1f}**", f"**{bare_slope * 1e6:.1f}**", f"{slope / bare_slope:.2f}"])
    name = f"linear-{noun}s.svg"
    (bench.results / name).write_text(plot(f"{what}: CPU time by {noun}s", f"{noun}s", "CPU time, ms", {what: ours, limit_name: bare}))
    report.add(f"![CPU time by {noun}s]({name})", [f"{noun}s", f"{what} CPU", f"{limit_name} CPU", f"ns a {noun}", f"{limit_name}, ns a {noun}", "ratio"], rows)
    report.aim("cost grows linearly", f"{what}, by {noun}s", f"grows by n^{far:.2f} ({limit_name}: n^{bare_far:.2f})",
               f"≤ n^{MOST_EXPONENT}", far <= MOST_EXPONENT)


def measure_pages(base, bench, report):
    bare, amounts, commands = BIN / "bare", [], []
    with ExitStack() as stack:
        for size in (int(base * part) for part in PARTS):
            pid = stack.enter_context(Target([BIN / "target", "dense", size]))
            counts = call(bare, pid).split()
            say(f"{show_size(size)}: {' '.join(counts)}")
            amounts.append(int(counts[counts.index("frames") + 1]) or int(counts[counts.index("entries") + 1]))
            commands += [[bench.pagealloc, pid], [bare, pid]]
        runs = measure(bench.rounds, commands)
    show("page map", "page", "bare", amounts, runs[::2], runs[1::2], bench, report)


def measure_blocks(base, bench, report):
    amounts, commands = [], []
    with ExitStack() as stack:
        for size in (int(base * part) for part in PARTS):
            ranges = stack.enter_context(tempfile.NamedTemporaryFile(prefix="pagealloc-bench."))
            pid = stack.enter_context(Target([BIN / "heaps", "heap", size]))
            amounts.append(describe(pid, bench.pagealloc, ranges.name, report)[0])
            say(f"{show_size(size)}: {amounts[-1]} blocks")
            commands += [[bench.pagealloc, pid, "--show", "summary"], [BIN / "bare", "--copy", pid, ranges.name]]
        runs = measure(bench.heap_rounds, commands)
    show("summary", "block", "copy", amounts, runs[::2], runs[1::2], bench, report)


def measure_all(bench, chosen, report):
    for case in chosen:
        with report.case(f"four sizes, {case}"):
            {"linear-pages": measure_pages, "linear-blocks": measure_blocks}[case](bench.sizes[case], bench, report)
