"""Functions, each beside a bare limit, by BenchmarkDotNet."""

import os
import tempfile
from pathlib import Path

from building import DOTNET
from measuring import BENCH, ROOT, Failed, call, say

TITLE = "Functions beside their bare limits"
SIZES = {"functions": ("1", "1")}
PROGRAM = ROOT / "artifacts/bin/PageAlloc.Benchmarks/release/PageAlloc.Benchmarks.dll"


def tables(folder):
    """What BenchmarkDotNet wrote: for each class its name, its table, and what failed in it."""
    for file in sorted(Path(folder).glob("**/*-report-github.md")):
        rows, _, issues = file.read_text().partition("Benchmarks with issues:")
        yield file.name.split("-")[0].rsplit(".", 1)[-1], [line for line in rows.splitlines() if line.startswith("|")], issues.split("\n")[1:]


def measure_all(bench, chosen, report):
    with report.case("functions"), tempfile.TemporaryDirectory(prefix="pagealloc-bench.") as folder:
        say("building")
        environment = os.environ | DOTNET
        call("dotnet", "build", BENCH / "functions", "-c", "Release", "-v", "q", "--nologo", "--disable-build-servers", cwd=ROOT, env=environment, timeout=1200)
        say("running")
        call("dotnet", PROGRAM, *(["--dry"] if bench.small else []), "--filter", "*", "--artifacts", folder, cwd=folder, env=environment, timeout=1800)
        found = list(tables(folder))
        if not found:
            raise Failed("BenchmarkDotNet left no report")
        report.how = "A short job each, by .NET's JIT: compare a function with the limit above it, which is the baseline of *Ratio*."
        for name, rows, issues in found:
            report.lines += [f"## {name.removesuffix('Benchmark')}", "", *rows, ""]
            for issue in filter(str.strip, issues):
                report.wrong(f"failed: {issue.strip()}")
