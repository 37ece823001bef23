using System.CommandLine;
using System.Globalization;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Insight;
using PageAlloc.Interop;
using PageAlloc.Targets;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc ps</c>: all processes, those first whose heaps hold most free memory in RAM.</summary>
internal static class PsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make()
    {
        Option<string> format = SharedOptions.Choice(
            "--format", "text, json (see docs/json.md), or prometheus: metrics of every process for node_exporter's textfile collector", "text", "text", "json", "prometheus");
        var limit = new Option<string>("--limit") { Description = "how many processes to show, of text and json; 0: all", HelpName = "N", DefaultValueFactory = _ => "20" };
        var command = new Command("ps", "Ranks processes by the free heap memory that they keep in RAM") { format, limit };
        command.SetAction(result =>
        {
            // A process that comes and goes among the first would leave gaps in its metrics.
            if (result.GetValue(format) == "prometheus" && result.GetResult(limit) is { Implicit: false })
            {
                throw new UsageException("--limit is of text and json: the metrics are of every process");
            }

            return (int)Run(result.GetValue(format)!, ReadLimit(result.GetValue(limit)!), new StdOut(1));
        });
        return command;
    }

    private static ExitCode Run(string format, int limit, StdOut output)
    {
        var found = new List<ProcessWaste>();
        var metrics = new PrometheusView();
        int unread = 0;
        ProcessEntry[] processes = [.. ProcessLookup.All().Where(p => p.Pid != Environment.ProcessId)];
        if (format == "prometheus")
        {
            new ProcessSweep<ProcessFigures>(processes, pid => TryRead(pid, look => look.Figures(look.Walk(guess: false)), ref unread), metrics.Add).Run();
        }
        else
        {
            new ProcessSweep<ProcessWaste>(processes, pid => TryRead(pid, WasteOf, ref unread), found.Add).Run();
        }

        ProcessWaste[] ranked = [.. found.OrderByDescending(p => p.Free).ThenByDescending(p => p.Resident).ThenBy(p => p.Pid)];
        switch (format)
        {
            case "json":
                ProcessesView.WriteJson(ranked, limit, unread, output);
                break;
            case "prometheus":
                metrics.WriteTo(output);
                break;
            default:
                ProcessesView.Write(ranked, limit, unread, LibC.geteuid() == 0, output);
                break;
        }

        output.Flush();
        return ExitCode.Done;
    }

    // A process may end at any time, and kernel threads have no memory: neither is a failure of the list.
    private static T? TryRead<T>(int pid, Func<Look, T> of, ref int unread) where T : class
    {
        try
        {
            using OpenedTarget opened = OpenedTarget.Open(pid.ToString(CultureInfo.InvariantCulture), freeze: false);
            using Look look = Look.At(opened, new ReadOptions { UsePageFlags = false }, HeapOptions.Default);
            return of(look);
        }
        catch (TargetException e)
        {
            if (e.Failure == TargetFailure.PermissionDenied)
            {
                Interlocked.Increment(ref unread);
            }

            return null;
        }
    }

    private static ProcessWaste WasteOf(Look look)
    {
        HeapFigures? heaps = look.Walk(guess: false);
        return ProcessWaste.Of(
            look.Info, look.Table, heaps, heaps is null || HeapProblemsView.IsIncomplete(heaps.Heaps, heaps.Arenas));
    }

    private static int ReadLimit(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int limit)
            ? (limit == 0 ? int.MaxValue : limit)
            : throw new UsageException($"--limit is a number of processes, or 0 for all, not '{text}'");
}
