using System.CommandLine;
using PageAlloc.Blocks;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Targets;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc blocks TARGET</c>: a row for each malloc block.</summary>
internal static class BlocksCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make()
    {
        Argument<string> target = SharedOptions.Target();
        Option<string> format = SharedOptions.Choice("--format", "columns for people, CSV, or a JSON object a line", "text", "text", "csv", "jsonl");
        Option<string?> state = SharedOptions.Choices("--state", $"only blocks in these states: {string.Join(',', BlockFilter.StateNames)}", "STATE,…", BlockFilter.StateNames);
        var minSize = new Option<string?>("--min-size") { Description = "only chunks of this size or more; K, M and G are understood", HelpName = "SIZE" };
        var arena = new Option<string?>("--arena") { Description = "only blocks of the arena with this address", HelpName = "ADDR" };
        Option<bool> swapIn = SharedOptions.SwapIn();
        Option<bool> freeze = SharedOptions.Freeze();
        Option<string> layout = SharedOptions.Layout();
        Option<string?> sysroot = SharedOptions.Sysroot();
        Option<bool> debuginfod = SharedOptions.Debuginfod();
        var command = new Command("blocks", "Lists every malloc block, in address order")
        {
            target, format, state, minSize, arena, swapIn, freeze, layout, sysroot, debuginfod,
        };
        command.SetAction(result =>
        {
            string[]? states = SharedOptions.Split(result.GetValue(state));
            var filter = new BlockFilter
            {
                MinimumSize = result.GetValue(minSize) is { } size ? SharedOptions.ReadSize(size, "--min-size") : 0,
                Arena = result.GetValue(arena) is { } address ? SharedOptions.ReadAddress(address, "--arena") : null,
            };
            filter = states is null ? filter : filter with { States = states.Select(s => BlockFilter.StateOf(s)!.Value) };
            BlockFormat form = result.GetValue(format) switch { "csv" => BlockFormat.Csv, "jsonl" => BlockFormat.JsonLines, _ => BlockFormat.Text };
            HeapOptions options = SharedOptions.ReadHeap(result, swapIn, layout, debuginfod);
            using OpenedTarget opened = OpenedTarget.Open(result.GetValue(target)!, result.GetValue(freeze), result.GetValue(sysroot));
            return (int)Run(opened, form, filter, options, new StdOut(1));
        });
        return command;
    }

    private static ExitCode Run(OpenedTarget opened, BlockFormat format, BlockFilter filter, HeapOptions options, StdOut output)
    {
        ITarget target = opened.Target;
        using OpenedHeaps opening = OpenedHeaps.Open(target, MappingTable.Read(target), opened.With(options));
        opened.Release(opening);
        IHeapBlocks blocks = opening.Blocks;
        HeapSet heaps = blocks.Heaps;
        if (heaps.Allocator != "glibc")
        {
            _ = new BlocksView(format, filter, output);
            output.Flush();
            StdErr.Write(heaps.Allocator is { } other
                ? $"the blocks of {target.Info.Name} can't be listed: it uses {other}"
                : $"{target.Info.Name} has no malloc that is known, and no blocks to list");
            return opened.Conclude(heaps.Allocator is null ? ExitCode.Done : ExitCode.Incomplete);
        }

        if (filter.Arena is { } wanted && heaps.Arenas.All(a => a.Address != wanted))
        {
            throw new UsageException($"there is no arena at 0x{wanted:x}; there are: {Addresses(heaps.Arenas)}");
        }

        var view = new BlocksView(format, filter, output);
        WalkFaults faults = blocks.RunInOrder(view, filter.Arena is { } only ? (a, _) => a.Address == only : null);
        output.Flush();
        ExitCode code = opened.Conclude(faults.Any ? ExitCode.Incomplete : ExitCode.Done);
        if (faults.SwappedBytes != 0)
        {
            StdErr.Write($"{faults.SwappedBytes} bytes of the heap are swapped out, and their blocks unknown: --swap-in reads them");
        }

        foreach (string line in HeapProblemsView.Describe(faults.Problems))
        {
            StdErr.Write(line);
        }

        return code;
    }

    private static string Addresses(IReadOnlyList<Arena> arenas)
    {
        const int most = 10;
        string list = string.Join(", ", arenas.Take(most).Select(a => $"0x{a.Address:x}"));
        return arenas.Count > most ? $"{list} and {arenas.Count - most} more" : list;
    }
}
