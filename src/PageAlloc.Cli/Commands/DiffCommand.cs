using System.CommandLine;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Insight.Diff;
using PageAlloc.Interop;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc diff OLD NEW…</c>: what changed between two moments, or what grows over more.</summary>
internal sealed class DiffCommand
{
    private readonly Argument<string> _old = SharedOptions.AsTarget(new Argument<string>("OLD") { Description = "a process, a core file, or a moment of a file of record; such a file alone stands for all its moments", HelpName = "OLD" });
    private readonly Argument<string[]> _new = SharedOptions.AsTarget(new Argument<string[]>("NEW")
    {
        Description = "what to compare with it, which may be the same process; of three and more, what grows steadily is said",
        HelpName = "NEW",
        Arity = ArgumentArity.ZeroOrMore,
    });

    private readonly Option<string?> _show = SharedOptions.Choices(
        "--show", "what to show: summary, the tables, which is usual; map, the pages by what became of them", "PART,…", ["summary", "map"]);

    private readonly Option<bool> _all = new("--all") { Description = "list all that changed, not only the first of each table" };
    private readonly Option<string> _format = SharedOptions.Choice("--format", "text, or json (see docs/json.md)", "text", "text", "json");
    private readonly DrawingOptions _drawing = new();
    private readonly Option<bool> _noPageFlags = SharedOptions.NoPageFlags();
    private readonly Option<bool> _swapIn = SharedOptions.SwapIn();
    private readonly Option<bool> _freeze = SharedOptions.Freeze();
    private readonly Option<string> _layout = SharedOptions.Layout();
    private readonly Option<string?> _sysroot = SharedOptions.Sysroot();
    private readonly Option<bool> _debuginfod = SharedOptions.Debuginfod();

    private DiffCommand()
    {
    }

    /// <summary>Makes the command.</summary>
    public static Command Make()
    {
        var diff = new DiffCommand();
        var command = new Command("diff", "Says what changed between two moments, or grows over more: mappings, pages, arenas, blocks by size")
        {
            diff._old, diff._new, diff._show, diff._all, diff._format, diff._drawing.Color, diff._drawing.Legend, diff._drawing.Width, diff._drawing.Scale,
            diff._drawing.NoFold, diff._noPageFlags, diff._swapIn, diff._freeze, diff._layout, diff._sysroot, diff._debuginfod,
        };
        command.SetAction(result => (int)diff.Run(result, new StdOut(1)));
        return command;
    }

    private ExitCode Run(ParseResult result, StdOut output)
    {
        MapOptions map = _drawing.Read(result);
        HeapOptions heap = SharedOptions.ReadHeap(result, _swapIn, _layout, _debuginfod);
        var reader = new MomentReader(SharedOptions.ReadPages(result, _noPageFlags), heap, result.GetValue(_freeze), result.GetValue(_sysroot));
        string[] shown = SharedOptions.Split(result.GetValue(_show)) ?? ["summary"];

        // Of two moments no series is made; of more only the first and the last are kept.
        Moment? first = null;
        Moment? last = null;
        GrowthReader? series = null;
        foreach (Moment moment in reader.Read([result.GetValue(_old)!, .. result.GetValue(_new)!]))
        {
            if (first is not null && last is not null && series is null)
            {
                series = new GrowthReader();
                series.Add(first);
                series.Add(last);
            }

            series?.Add(moment);
            (first, last) = first is null ? (moment, null) : (first, moment);
        }

        var diff = ProcessDiff.Of(first!, last!);
        Growth? growth = series?.Finish();
        if (result.GetValue(_format) == "json")
        {
            DiffJson.Write(diff, growth, output);
        }
        else
        {
            WriteText(diff, growth, shown, result, map, output);
        }

        output.Flush();
        return reader.SayWhatIsMissing() ? ExitCode.Done : ExitCode.Incomplete;
    }

    private void WriteText(ProcessDiff diff, Growth? growth, string[] shown, ParseResult result, MapOptions map, StdOut output)
    {
        using ColorReset? reset = map.Style.Colors != ColorDepth.None && LibC.isatty(1) == 1 ? new ColorReset(output) : null;
        bool all = result.GetValue(_all);
        if (growth is not null)
        {
            GrowthView.WriteHeader(growth, map.Style, output);
        }
        else
        {
            DiffView.WriteHeader(diff, map.Style, output);
        }

        if (shown.Contains("summary") && growth is not null)
        {
            GrowthView.Write(growth, map.Style, all, output);
        }
        else if (shown.Contains("summary"))
        {
            DiffView.Write(diff, map.Style, all, output);
        }

        if (shown.Contains("map"))
        {
            DiffMapView.Write(diff, all, result.GetValue(_drawing.Legend) != "none", map, output);
        }
    }
}
