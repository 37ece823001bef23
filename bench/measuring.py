"""What the benchmarks share: sizes, programs that are run, targets, and runs in turn."""

import os
import signal
import statistics
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
BIN = BENCH / "bin"
BASH = ["bash", "--norc", "--noprofile", "-c", "echo READY; read -r"]
LONGEST = 300  # seconds that one call may take


class Failed(Exception):
    """A case can't be measured, though it should be."""


class LeftOut(Exception):
    """A case needs what this machine lacks."""


def say(text):
    print(f"bench: {text}", file=sys.stderr)


def call(*command, timeout=LONGEST, may=0, **options):
    """Runs a program to its end. Whatever stops the wait for it also ends all that it has started."""
    words = [str(c) for c in command]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True, **options)
    try:
        output, errors = process.communicate(timeout=timeout)
    except BaseException as reason:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(reason, subprocess.TimeoutExpired):
            raise Failed(f"{' '.join(words[:6])} took more than {timeout} s") from None
        raise
    if process.returncode not in (0, may):
        raise Failed(f"{' '.join(words[:6])} failed with {process.returncode}: {(output + errors).strip()[-2000:]}")
    return output


class Target:
    """A process to look at; it ends when its input is closed."""

    def __init__(self, command, **options):
        words = [str(c) for c in command]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, **options)
        try:
            if self.process.stdout.readline() != b"READY\n":
                raise Failed(f"{' '.join(words)} did not start")
        except BaseException:
            self.kill()
            raise

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def __enter__(self):
        return str(self.process.pid)

    def __exit__(self, kind, *_):
        if kind is not None:
            self.kill()
            return
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


class Runs:
    """The runs of one command: milliseconds, and the KiB that a run held at most."""

    def __init__(self, rows):
        self.wall = [wall / 1e6 for wall, _, _ in rows]
        self.cpu = [cpu / 1e6 for _, cpu, _ in rows]
        self.peak = max(peak for _, _, peak in rows)

    def ratio(self, limit):
        """The median over the rounds of CPU time to that of the limit, which ran in the same round."""
        return statistics.median(a / b for a, b in zip(self.cpu, limit.cpu))

    def wall_ratio(self, limit):
        return statistics.median(a / b for a, b in zip(self.wall, limit.wall))

    def above(self, *limits):
        """The median over the rounds of the CPU milliseconds that it took more than the limits together."""
        return statistics.median(a - sum(b) for a, *b in zip(self.cpu, *(limit.cpu for limit in limits)))


def measure(rounds, commands, pipe=False, one_core=False, before=(), may=0, **options):
    """Runs commands in turn by measure.c, after a round to warm up."""
    arguments = [a for c in commands for a in ("--", *c)][1:]
    pinned = ["taskset", "-c", min(os.sched_getaffinity(0))] if one_core else []
    rows = [[] for _ in commands]
    how = [*(["--pipe"] if pipe else []), "--may", may]
    for line in call(*before, *pinned, BIN / "measure", *how, rounds, *arguments, **options).splitlines():
        number, *row = map(int, line.split())
        rows[number].append(row)
    return [Runs(r) for r in rows]


def spread(values):
    """The median and the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.1f} ({low:.1f}–{high:.1f})"


def mib(kib):
    return f"{kib / 1024:.1f}"


UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def parse_size(text):
    number, unit = (text[:-1], text[-1]) if text[-1:] in UNITS else (text, "")
    if not number.isdecimal() or int(number) == 0:
        raise ValueError(f"'{text}' is no size: a number, with K, M or G")
    return int(number) * UNITS[unit]


def show_size(amount):
    unit = max((u for u in UNITS if amount % UNITS[u] == 0), key=UNITS.get)
    return f"{amount // UNITS[unit]} {unit}iB" if unit else str(amount)
