"""Other programs that look at the same, beside pagealloc, as whole runs by hyperfine."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from measuring import BIN, LeftOut, Target, call, show_size
from starts import COLD, HYPERFINE_HEAD, hyperfine, hyperfine_row
from swap import has_room

TITLE = "Other programs"
SIZES = {"peers": ("1G", "64M")}
HEAD = ["what", *HYPERFINE_HEAD, "times pagealloc"]
LIBC_DEBUG = "/usr/lib/debug/.build-id"


def find(name, package):
    path = shutil.which(name)
    if not path:
        raise LeftOut(f"{name} is not installed (Debian's {package})")
    return path


def compare(what, names, bench, runs, rows, **options):
    """The first is pagealloc."""
    results = list(hyperfine(names, runs, bench.work, **options).values())
    rows += [[what, *hyperfine_row(r), f"{r['median'] / results[0]['median']:.2f}"] for r in results]


def page_tools(pid, bench, report):
    """The commands that tell of a process's pages, of those that are here."""
    commands = {"pagealloc PID": [bench.pagealloc, pid], "pagealloc PID --format json": [bench.pagealloc, pid, "--format", "json"]}
    with report.case("pmap -XX"):
        commands["pmap -XX PID"] = [find("pmap", "procps"), "-XX", pid]
    with report.case("smem"):
        commands["smem (all processes)"] = [find("python3", "python3"), find("smem", "smem")]
    with report.case("gdb: info proc mappings"):
        gdb = find("gdb", "gdb")
        # hyperfine splits words as a shell does.
        commands["gdb -p PID: info proc mappings"] = [gdb, "-nx", "-batch", "-p", pid, "-ex", "'info proc mappings'"]
    with report.case("page-types"):
        if not bench.page_types:
            raise LeftOut("built from the kernel's tools/mm; --page-types or PAGE_TYPES gives its path")
        commands["page-types -p PID -N"] = [bench.page_types, "-p", pid, "-N"]
    return commands


def libc_debug_file():
    target = call("readelf", "-n", next(line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "/libc.so.6" in line))
    build_id = next(line.split()[-1] for line in target.splitlines() if "Build ID" in line)
    path = Path(LIBC_DEBUG, build_id[:2], f"{build_id[2:]}.debug")
    if not path.exists():
        raise LeftOut("libc's debug file is not installed (Debian's libc6-dbg)")
    return path


@contextmanager
def scratch(size):
    parent = os.environ.get("TMPDIR", "/var/tmp")
    if not has_room(parent, size):
        raise LeftOut(f"no room in {parent} for a core file of {show_size(size)}")
    with tempfile.TemporaryDirectory(prefix="pagealloc-bench.", dir=parent) as folder:
        yield Path(folder)


def measure_all(bench, chosen, report):
    if not chosen:
        return
    amount, runs, rows = bench.sizes["peers"], max(3, bench.heap_rounds), []
    for kind in ("dense", "every2"):
        with report.case(f"page tools, {kind} {show_size(amount)}"), Target([BIN / "target", kind, amount]) as pid:
            compare(f"pages, {kind} {show_size(amount)}", page_tools(pid, bench, report if kind == "dense" else Quiet()), bench, runs, rows)
    with report.case("eu-readelf of libc's debug file"), Target([BIN / "heaps", "heap", 1 << 20]) as pid:
        reader, debug = find("eu-readelf", "elfutils"), libc_debug_file()
        compare("malloc's layout from debug information", {
            "pagealloc PID --layout debug-info, cold cache": [bench.pagealloc, pid, "--layout", "debug-info", "--show", "summary"],
            "eu-readelf --debug-dump=info": [reader, "--debug-dump=info", debug]}, bench, 1 if bench.small else 2, rows, warmup=0, env=COLD)
    with report.case("gcore beside record"), scratch(amount * 2) as folder, Target([BIN / "heaps", "heap", amount]) as pid:
        gcore = find("gcore", "gdb")
        compare(f"a heap of {show_size(amount)} into a file", {
            "pagealloc record": [bench.pagealloc, "record", pid, "-o", folder / "snapshot", "--force"],
            "pagealloc record --contents": [bench.pagealloc, "record", pid, "-o", folder / "whole", "--force", "--contents"],
            "gcore": [gcore, "-o", folder / "core", pid]}, bench, 3, rows)
    report.add("Whole runs, one after the other, output to /dev/null; milliseconds:", HEAD, rows)


class Quiet:
    """Says what is left out the first time only."""

    @contextmanager
    def case(self, _):
        try:
            yield
        except LeftOut:
            pass
