using System.CommandLine;
using PageAlloc.Blocks;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Insight.Diff;
using PageAlloc.Interop;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc diff OLD NEW</c>: what changed between two moments.</summary>
internal static class DiffCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make()
    {
        var targets = new Argument<string[]>("OLD NEW") { Description = "two processes, or one twice", HelpName = "OLD NEW", Arity = ArgumentArity.OneOrMore };
        Option<bool> all = new("--all") { Description = "list all that changed, not only the first of each table" };
        Option<bool> noPageFlags = SharedOptions.NoPageFlags();
        Option<bool> swapIn = SharedOptions.SwapIn();
        Option<bool> freeze = SharedOptions.Freeze();
        Option<string> layout = SharedOptions.Layout();
        Option<bool> debuginfod = SharedOptions.Debuginfod();
        var command = new Command("diff", "Says what changed between two moments: mappings, pages, arenas, blocks by size")
        {
            targets, all, noPageFlags, swapIn, freeze, layout, debuginfod,
        };
        command.SetAction(result =>
        {
            HeapOptions heap = SharedOptions.ReadHeap(result, swapIn, layout, debuginfod);
            ReadOptions read = SharedOptions.ReadPages(result, noPageFlags);
            Moment[] moments = [.. result.GetValue(targets)!.Select(name => Read(name, read, heap, result.GetValue(freeze)))];
            var output = new StdOut(1);
            TextStyle style = ColorPolicy.Style(ColorChoice.Never, Environment.GetEnvironmentVariable, LibC.isatty(1) == 1);
            ProcessDiff diff = ProcessDiff.Of(moments[0], moments[^1]);
            DiffView.WriteHeader(diff, style, output);
            DiffView.Write(diff, style, result.GetValue(all), output);
            output.Flush();
            return 0;
        });
        return command;
    }

    private static Moment Read(string name, ReadOptions read, HeapOptions heap, bool freeze)
    {
        using OpenedTarget opened = OpenedTarget.Open(name, freeze);
        DateTimeOffset time = DateTimeOffset.UtcNow;
        using Look look = Look.At(opened, read, heap);
        return new Moment(look.Info, look.Table, look.Heaps is null ? null : WalkRecording.Of(look.Heaps), time);
    }
}
