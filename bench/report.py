"""What a kind of measurement found, as Markdown: tables, the aims, and what could not be measured."""

import datetime
import os
import platform
import re
from contextlib import contextmanager
from pathlib import Path

from measuring import LeftOut, ROOT, call, mib, say

AIM_HEAD = ["aim", "case", "measured", "limit", "verdict"]
PEAK = 48 << 10  # KiB


def table(head, rows):
    return "\n".join(f"| {' | '.join(r)} |" for r in [head, ["---"] + ["--:"] * (len(head) - 1), *rows])


def machine():
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return (model[1] if model else platform.machine()), len(os.sched_getaffinity(0))


class Report:
    def __init__(self, title):
        self.title = title
        self.how = "Milliseconds: median (quartiles). Ratios: median over the rounds."
        self.lines = []
        self.aims = []
        self.absent = []
        self.failed = False
        self.load = os.getloadavg()[0]

    @contextmanager
    def case(self, name):
        """A case of its own: that one cannot be measured keeps none of the others away."""
        say(name)
        try:
            yield
        except LeftOut as reason:
            say(f"left out: {reason}")
            self.absent.append(f"- {name}: left out: {reason}")
        except Exception as error:
            say(f"FAILED: {error}")
            self.failed = True
            self.absent.append(f"- {name}: **failed**: {type(error).__name__}: {error}")

    def wrong(self, text):
        say(f"WRONG: {text}")
        self.failed = True
        self.absent.append(f"- **wrong**: {text}")

    def add(self, heading, head, rows):
        if rows:
            self.lines += [heading, "", table(head, rows), ""]

    def aim(self, aim, case, measured, limit, met):
        self.aims.append([aim, case, measured, limit, "met" if met else "**missed**"])

    def at_most(self, aim, case, ratio, limit):
        self.aim(aim, case, f"{ratio:.3f}", f"≤ {limit}", ratio <= limit)

    def quicker(self, aim, case, milliseconds, limit, beside=""):
        self.aim(aim, case, f"{milliseconds:.1f} ms{beside}", f"< {limit} ms", milliseconds < limit)

    def peak(self, case, kib, free_blocks=0):
        limit = PEAK + free_blocks * 16 / 1024
        self.aim("peak memory", case, f"{mib(kib)} MiB", f"< {mib(limit)} MiB", kib < limit)

    def text(self, bench):
        cpu, cores = machine()
        lines = [f"# {self.title}: {cpu}, {cores} CPUs", "", bench.when(self.load, os.getloadavg()[0]), "",
                 f"{self.how} See [README.md](../../README.md).", "",
                 *self.lines]
        if self.aims:
            lines += ["## Aims", "", table(AIM_HEAD, self.aims), ""]
        if self.absent:
            lines += ["## Not measured, or wrong", "", *self.absent, ""]
        return "\n".join(lines)


def all_aims(bench, reports, load):
    """One table of the aims of all kinds; memory, where it is met, in a line for each kind."""
    rows = []
    for kind, report in reports.items():
        memory = [a for a in report.aims if a[0] == "peak memory" and a[4] == "met"]
        rows += [[*aim, f"[{kind}]({kind}.md)"] for aim in report.aims if aim not in memory]
        if memory:
            highest = max(memory, key=lambda a: float(a[2].split()[0]))
            rows.append([highest[0], f"{len(memory)} cases; most: {highest[1]}", *highest[2:], f"[{kind}]({kind}.md)"])
    rows.sort(key=lambda row: row[0] == "peak memory")
    cpu, cores = machine()
    verdicts = [a[4] for report in reports.values() for a in report.aims]
    return "\n".join([f"# Aims: {cpu}, {cores} CPUs", "", bench.when(load, os.getloadavg()[0]), "",
                      f"{verdicts.count('met')} of {len(verdicts)} are met.", "", table([*AIM_HEAD, "tables"], rows), ""])


class Bench:
    """What is measured and how often: the program, the rounds, the sizes."""

    def __init__(self, pagealloc, options, sizes, work):
        self.pagealloc = pagealloc
        self.rounds = options.rounds
        self.heap_rounds = options.heap_rounds
        self.page_types = options.page_types
        self.small = options.small
        self.sizes = sizes
        self.work = work
        self.results = None
        self.version = call(pagealloc, "--version").strip()
        self.commit = call("git", "describe", "--always", "--dirty", cwd=ROOT).strip()
        self.sdk = call("dotnet", "--version", cwd=ROOT).strip()

    def when(self, before, after):
        return (f"{datetime.date.today()}, Linux {platform.release()}, .NET SDK {self.sdk}, pagealloc {self.version} of commit {self.commit}, "
                f"uid {os.getuid()}. {self.rounds} rounds, {self.heap_rounds} of heaps; load {before:.1f} before, {after:.1f} after.")
