"""What the benchmarks share: targets, runs, and tables of them."""

import statistics
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
BIN = BENCH / "bin"


def say(text):
    print(f"bench: {text}", file=sys.stderr)


def call(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


class Target:
    """A process to look at; it ends when its input is closed."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"READY\n":
            self.__exit__()
            sys.exit(f"bench: {' '.join(map(str, command))} did not start")

    def __enter__(self):
        return str(self.process.pid)

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Runs:
    """The runs of one command."""

    def __init__(self, rows):
        self.wall = [wall / 1e6 for wall, _, _ in rows]
        self.cpu = [cpu / 1e6 for _, cpu, _ in rows]
        self.peak = max(peak for _, _, peak in rows)

    def ratio(self, limit):
        return statistics.median(a / b for a, b in zip(self.cpu, limit.cpu))


def spread(values):
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.1f} ({low:.1f}–{high:.1f})"


def measure(rounds, commands, **options):
    arguments = [a for c in commands for a in ("--", *c)][1:]
    rows = [[] for _ in commands]
    for line in call(BIN / "measure", rounds, *arguments, **options).splitlines():
        number, *row = map(int, line.split())
        rows[number].append(row)
    return [Runs(r) for r in rows]


def table(head, rows):
    return "\n".join(f"| {' | '.join(r)} |" for r in [head, ["---"] + ["--:"] * (len(head) - 1), *rows])
