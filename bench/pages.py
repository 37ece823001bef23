"""The page map beside its bare limit, with kpageflags and without."""

from measuring import BASH, BIN, Target, call, measure, mib, say, show_size, spread

TITLE = "Page map beside its bare limit"
# The size of each case, and the small one.
SIZES = {"small": ("1", "1"), "dense": ("4G", "64M"), "thp": ("4G", "64M"), "every2": ("4G", "64M"), "sparse16t": ("1000", "1000"),
         "vmas": ("60000", "5000"), "file": ("1G", "64M")}

HEAD = ["target", "pagealloc wall", "pagealloc CPU", "bare wall", "bare CPU", "ratio", "above bare, ms", "json CPU",
        "json : text", "peak MiB", "bare peak MiB"]
LIGHT_HEAD = ["`--no-page-flags`", "pagealloc wall", "pagealloc CPU", "bare wall", "bare CPU", "ratio", "above bare, ms", "peak MiB"]


def name(case, amount):
    return {"small": "bash", "dense": f"dense {show_size(amount)}", "thp": f"THP {show_size(amount)}",
            "every2": f"every 2nd page of {show_size(amount)}", "sparse16t": f"{amount} pages in 16 TiB",
            "vmas": f"{amount} mappings", "file": f"file {show_size(amount)}"}[case]


def pair(run, limit):
    return [*(spread(t) for t in (run.wall, run.cpu, limit.wall, limit.cpu)), f"**{run.ratio(limit):.2f}**", f"{run.above(limit):.1f}"]


def measure_all(bench, chosen, report):
    rows, light_rows = [], []
    for case in chosen:
        title = name(case, bench.sizes[case])
        with report.case(title), Target(BASH if case == "small" else [BIN / "target", case, bench.sizes[case]]) as pid:
            bare = BIN / "bare"
            say(call(bare, pid).strip())
            text, limit, light, light_limit, json = measure(bench.rounds, [
                [bench.pagealloc, pid], [bare, pid], [bench.pagealloc, pid, "--no-page-flags"], [bare, "--light", pid],
                [bench.pagealloc, pid, "--format", "json"]])
            rows.append([title, *pair(text, limit), spread(json.cpu), f"{json.ratio(text):.2f}", mib(max(text.peak, json.peak)), mib(limit.peak)])
            light_rows.append([title, *pair(light, light_limit), mib(light.peak)])
            if case != "small":  # its aim is that of starting
                report.at_most("page map : bare, CPU", title, text.ratio(limit), 1.15)
                report.at_most("page map : bare, CPU, `--no-page-flags`", title, light.ratio(light_limit), 1.15)
            report.peak(title, max(text.peak, json.peak, light.peak))
    report.add("With the flags of each page (kpageflags):", HEAD, rows)
    report.add("Without them:", LIGHT_HEAD, light_rows)
