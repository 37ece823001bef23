"""Measures core files and snapshots of a heap beside reading the file once; see README.md."""

import os
import resource
import shutil
import signal
import statistics
import subprocess
import tempfile
from pathlib import Path

from heaps import describe
from measuring import BIN, call, measure, say, spread, table

SIZES = {"core": ("4G", True)}

HEAD = ["file", "size MiB", "summary wall", "summary CPU", "cat wall", "wall : cat", "CPU : cat CPU", "peak MiB", "bytes a block", "aim"]
RECORD_HEAD = ["record", "wall", "CPU", "peak MiB", "live summary wall", "record : summary"]


def start(folder, command):
    def may_dump():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, preexec_fn=may_dump)
    if process.stdout.readline() != b"READY\n":
        process.kill()
        raise SystemExit(f"bench: {command[0]} did not start")
    return process


def warm(path):
    """What is read is in RAM, and written to the disk, before anything is measured."""
    os.sync()
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def row(name, path, blocks, pagealloc, rounds, aim):
    warm(path)
    summary, cat = measure(rounds, [[pagealloc, path, "--show", "summary"], [shutil.which("cat"), path]])
    ratio = statistics.median(s / c for s, c in zip(summary.wall, cat.wall))
    size = os.path.getsize(path)
    met, words = aim(ratio, size / blocks)
    return [name, f"{size / (1 << 20):.1f}", spread(summary.wall), spread(summary.cpu), spread(cat.wall), f"**{ratio:.2f}**",
            f"{summary.ratio(cat):.2f}", f"{summary.peak / 1024:.1f}", f"{size / blocks:.2f}", f"{'met' if met else 'missed'}: {words}"]


def measure_all(options, chosen, pagealloc):
    """The tables of core files and snapshots, as lines."""
    if not chosen:
        return []
    with tempfile.TemporaryDirectory(prefix="pagealloc-bench.", dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        process = start(folder, [BIN / "heaps", "heap", str(options.core)])
        pid, snapshot = str(process.pid), Path(folder) / "snapshot"
        try:
            with tempfile.NamedTemporaryFile() as ranges:
                blocks, _ = describe(pid, pagealloc, ranges.name)
            recorded, live = measure(options.heap_rounds, [
                [pagealloc, "record", pid, "-o", snapshot, "--force"], [pagealloc, pid, "--show", "summary"]])
        finally:
            process.send_signal(signal.SIGABRT)
            process.wait()
        core = next(Path(folder).glob("core*"))
        say(f"core: {blocks} blocks, {os.path.getsize(core)} bytes")
        rows = [
            row("core of the kernel", core, blocks, pagealloc, options.heap_rounds, lambda ratio, _: (ratio <= 1.5, "≤ 1.5 × cat")),
            row("snapshot", snapshot, blocks, pagealloc, options.heap_rounds, lambda _, size: (size <= 2, "≤ 2 bytes a block")),
        ]
    ratio = recorded.ratio(live)
    return ["Files, beside reading them once (`cat FILE`, from RAM):", "", table(HEAD, rows), "",
            table(RECORD_HEAD, [[f"{blocks} blocks", spread(recorded.wall), spread(recorded.cpu), f"{recorded.peak / 1024:.1f}",
                                 spread(live.wall), f"{ratio:.2f}"]]), ""]
