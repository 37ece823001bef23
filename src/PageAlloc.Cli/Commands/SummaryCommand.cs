using System.CommandLine;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Insight;
using PageAlloc.Interop;
using PageAlloc.Pages;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc summary TARGET</c>: the figures of a process on one screen.</summary>
internal static class SummaryCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make()
    {
        Argument<string> target = SharedOptions.Target();
        Option<string> format = SharedOptions.Choice(
            "--format", "text, json (see docs/json.md), or prometheus: metrics for node_exporter's textfile collector", "text", "text", "json", "prometheus");
        Option<bool> noPageFlags = SharedOptions.NoPageFlags();
        Option<bool> zeroScan = SharedOptions.ZeroScan();
        Option<bool> swapIn = SharedOptions.SwapIn();
        Option<bool> freeze = SharedOptions.Freeze();
        Option<string> layout = SharedOptions.Layout();
        Option<string?> sysroot = SharedOptions.Sysroot();
        Option<bool> debuginfod = SharedOptions.Debuginfod();
        var command = new Command("summary", "Says on one screen what the memory of a process is: heap by heap, stacks, code, files, threads, cgroup")
        {
            target, format, zeroScan, noPageFlags, swapIn, freeze, layout, sysroot, debuginfod,
        };
        command.SetAction(result =>
        {
            HeapOptions heap = SharedOptions.ReadHeap(result, swapIn, layout, debuginfod);
            ReadOptions read = SharedOptions.ReadPages(result, noPageFlags);
            using OpenedTarget opened = OpenedTarget.Open(result.GetValue(target)!, result.GetValue(freeze), result.GetValue(sysroot));
            return (int)Run(opened, result.GetValue(format)!, read, heap, result.GetValue(zeroScan), new StdOut(1));
        });
        return command;
    }

    private static ExitCode Run(OpenedTarget opened, string format, ReadOptions read, HeapOptions options, bool zeroScan, StdOut output)
    {
        using Look look = Look.At(
            opened, read, options, scan: zeroScan ? table => HugeScan.Read(opened.Target, table, table.Mappings, read.Limits) : null);
        HeapFigures? walked = look.Walk();
        PageTable table = look.Table;
        ProcessFigures figures = look.Figures(walked);
        switch (format)
        {
            case "json":
                JsonView.Write(figures.Target, table, table.Mappings, withRuns: false, walked, output, figures, look.HugeScan);
                break;
            case "prometheus":
                var metrics = new PrometheusView();
                metrics.Add(figures);
                metrics.WriteTo(output);
                break;
            default:
                TextStyle style = ColorPolicy.Style(ColorChoice.Never, Environment.GetEnvironmentVariable, LibC.isatty(1) == 1);
                SummaryView.Write(figures, style, output);
                break;
        }

        output.Flush();
        MissingDetails.Say(read, table.Unknown, look.Info);
        if (look.Failure is not null)
        {
            HeapOpener.Say(look.Failure);
        }

        return opened.Conclude(look.Failure is not null || (walked is not null && HeapProblemsView.IsIncomplete(walked.Heaps, walked.Arenas))
            ? ExitCode.Incomplete
            : ExitCode.Done);
    }
}
