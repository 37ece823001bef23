"""Core files and snapshots of a heap beside reading the file once; see README.md."""

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from heaps import describe
from measuring import BIN, LONGEST, Failed, LeftOut, measure, mib, say, show_size, spread
from swap import has_room

TITLE = "Core files and snapshots"
SIZES = {"core": ("4G", "64M")}
HEAD = ["file", "size MiB", "summary wall", "summary CPU", "cat wall", "wall : cat", "CPU : cat CPU", "peak MiB", "bytes a block"]
RECORD_HEAD = ["record", "wall", "CPU", "peak MiB", "live summary wall", "live summary CPU", "CPU : CPU"]


def start(folder, command):
    def may_dump():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, preexec_fn=may_dump, start_new_session=True)
    try:
        if process.stdout.readline() != b"READY\n":
            raise Failed(f"{command[0]} did not start")
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return process


def warm(path):
    """What is read is in RAM, and written to the disk, before anything is measured."""
    os.sync()
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def row(name, path, blocks, bench, report):
    warm(path)
    summary, cat = measure(bench.heap_rounds, [[bench.pagealloc, path, "--show", "summary"], [shutil.which("cat"), path]])
    size = os.path.getsize(path)
    if name == "snapshot":
        report.aim("snapshot", f"{blocks} blocks", f"{size / blocks:.2f} bytes a block", "≤ 2", size <= 2 * blocks)
    else:
        report.at_most("core file : cat, wall", f"{blocks} blocks", summary.wall_ratio(cat), 1.5)
    return [name, f"{size / (1 << 20):.1f}", spread(summary.wall), spread(summary.cpu), spread(cat.wall), f"**{summary.wall_ratio(cat):.2f}**",
            f"{summary.ratio(cat):.2f}", mib(summary.peak), f"{size / blocks:.2f}"]


def measure_all(bench, chosen, report):
    if not chosen:
        return
    amount = bench.sizes["core"]
    parent = os.environ.get("TMPDIR", "/var/tmp")
    with report.case(f"core file and snapshot of a heap of {show_size(amount)}"):
        if not has_room(parent, amount * 2):
            raise LeftOut(f"no room in {parent} for a core file of {show_size(amount)}")
        with tempfile.TemporaryDirectory(prefix="pagealloc-bench.", dir=parent) as folder:
            measure_files(amount, Path(folder), bench, report)


def measure_files(amount, folder, bench, report):
    process, snapshot = start(folder, [BIN / "heaps", "heap", str(amount)]), folder / "snapshot"
    pid = str(process.pid)
    try:
        with tempfile.NamedTemporaryFile() as ranges:
            blocks, _ = describe(pid, bench.pagealloc, ranges.name, report)
        recorded, live = measure(bench.heap_rounds, [
            [bench.pagealloc, "record", pid, "-o", snapshot, "--force"], [bench.pagealloc, pid, "--show", "summary"]])
        process.send_signal(signal.SIGABRT)
        process.wait(LONGEST)
    finally:
        process.kill()
        process.communicate()
    core = next(folder.glob("core*"), None)
    rows = []
    if core is None:
        report.absent.append("- core file: left out: the kernel writes none here (kernel.core_pattern)")
    else:
        say(f"{blocks} blocks, a core file of {os.path.getsize(core)} bytes")
        rows.append(row("core of the kernel", core, blocks, bench, report))
    rows.append(row("snapshot", snapshot, blocks, bench, report))
    report.add("Summary of a file, beside reading it once (`cat FILE`, from RAM):", HEAD, rows)
    report.add("What it costs to record one:", RECORD_HEAD, [[
        f"{blocks} blocks", spread(recorded.wall), spread(recorded.cpu), mib(recorded.peak), spread(live.wall), spread(live.cpu), f"{recorded.ratio(live):.2f}"]])
