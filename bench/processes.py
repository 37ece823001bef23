"""`pagealloc ps` over many processes, beside a C program that reads what has to be read, and smem."""

import os
import shutil
from pathlib import Path

from measuring import BIN, LeftOut, Target, call, measure, mib, say, spread

TITLE = "All processes"
SIZES = {"ps": ("300", "20")}
HEAD = ["processes", "`ps` wall", "`ps` CPU", "bare wall", "bare CPU", "ratio", "above bare, ms", "smem wall", "smem CPU", "ps : smem, CPU", "peak MiB"]


def measure_all(bench, chosen, report):
    if not chosen:
        return
    count, rows = bench.sizes["ps"], []
    with report.case(f"ps over {count} processes"):
        if os.geteuid() != 0 or not shutil.which("unshare"):
            raise LeftOut("needs root and util-linux, for a PID namespace: there are no other processes in it")
        smem = shutil.which("smem")
        if not smem:
            report.absent.append("- smem beside `ps`: left out: it is not installed")
        # It ends with its first process, and that when its input is closed.
        isolated = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        with Target([*isolated, BIN / "heaps", "processes", count]) as pid:
            inner = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
            enter = ["nsenter", "--target", inner, "--pid", "--mount"]
            say(call(*enter, BIN / "bare_ps").strip())
            commands = [[bench.pagealloc, "ps"], [BIN / "bare_ps"], *([[shutil.which("python3"), smem]] if smem else [])]
            run, limit, *peer = measure(bench.heap_rounds, commands, before=enter)
            rows.append([str(count), *(spread(t) for t in (run.wall, run.cpu, limit.wall, limit.cpu)), f"**{run.ratio(limit):.2f}**",
                         f"{run.above(limit):.1f}", *([spread(peer[0].wall), spread(peer[0].cpu), f"{run.ratio(peer[0]):.2f}"] if peer else ["–"] * 3),
                         mib(run.peak)])
            report.peak(f"ps over {count} processes", run.peak)
    report.add("In a PID namespace of their own:", HEAD, rows)
