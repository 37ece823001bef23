"""What it costs to start: pagealloc on a shell, by how it learns malloc's layout."""

import json
import os
import shutil
import statistics
import tempfile

from building import build_hello
from measuring import BASH, BIN, Failed, LeftOut, Target, call, measure, mib, spread

TITLE = "Start-up"
SIZES = {"start": ("1", "1")}
HEAD = ["program", "wall", "CPU", "peak MiB"]
HYPERFINE_HEAD = ["hyperfine -N", "median", "mean ± σ", "min", "user", "system"]
# A cache that can't be written is always cold. The whole run else has one of its own.
COLD = os.environ | {"XDG_CACHE_HOME": "/dev/null"}


def hyperfine(commands, runs, folder, warmup=1, **options):
    """The results of whole runs, milliseconds; commands are given as lists, by their names."""
    if not shutil.which("hyperfine"):
        raise LeftOut("hyperfine is not installed")
    file = folder / "hyperfine.json"
    named = [a for name, command in commands.items() for a in ("-n", name, " ".join(map(str, command)))]
    call("hyperfine", "-N", "--style", "none", "--warmup", warmup, "--runs", runs, "--export-json", file, *named, **options)
    return {r["command"]: r for r in json.loads(file.read_text())["results"]}


def hyperfine_row(result):
    median, mean, deviation, least, user, system = (
        f"{(result[k] or 0) * 1000:.1f}" for k in ("median", "mean", "stddev", "min", "user", "system"))  # of a single run there is no deviation
    return [f"`{result['command']}`", f"**{median}**", f"{mean} ± {deviation}", least, user, system]


def measure_all(bench, chosen, report):
    if not chosen:
        return
    with Target(BASH) as pid:
        commands = {
            "bare": [BIN / "bare", pid],
            "pagealloc --version": [bench.pagealloc, "--version"],
            "pagealloc $$, warm cache": [bench.pagealloc, pid],
            "pagealloc $$ --layout structure": [bench.pagealloc, pid, "--layout", "structure"],
            "pagealloc $$ --no-page-flags": [bench.pagealloc, pid, "--no-page-flags"],
        }
        with report.case("hello world, by NativeAOT"):
            commands = {"hello world": [build_hello(bench.work)], **commands}
        rows = []
        with report.case("start-up"):
            runs = dict(zip(commands, measure(bench.rounds * 2, list(commands.values()))))
            runs["pagealloc $$, cold cache"] = measure(bench.rounds, [[bench.pagealloc, pid]], env=COLD)[0]
            rows = [[n, spread(r.wall), spread(r.cpu), mib(r.peak)] for n, r in runs.items()]
            for name, limit in (("pagealloc $$, warm cache", 8), ("pagealloc $$ --layout structure", 15)):
                report.quicker("start-up, wall", name, statistics.median(runs[name].wall), limit,
                               f" (CPU {statistics.median(runs[name].cpu):.1f})")
                report.peak(name, runs[name].peak)
        report.add("In turn:", HEAD, rows)
        rows = []
        with report.case("start-up, by hyperfine"):
            rows = [hyperfine_row(r) for r in hyperfine(commands, bench.rounds * 4, bench.work).values()]
        report.add("By hyperfine, one after the other:", HYPERFINE_HEAD, rows)
