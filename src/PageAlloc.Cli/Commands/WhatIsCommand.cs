using System.CommandLine;
using PageAlloc.Blocks;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Targets;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc whatis TARGET ADDRESS</c>: all that is known of one address.</summary>
internal static class WhatIsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make()
    {
        Argument<string> target = SharedOptions.Target();
        var address = new Argument<string>("ADDRESS") { Description = "an address, in hexadecimal; 0x may stand before it", HelpName = "ADDRESS" };
        Option<string> format = SharedOptions.Choice("--format", "text, or json", "text", "text", "json");
        Option<bool> swapIn = SharedOptions.SwapIn();
        var freeze = new Option<bool>("--freeze") { Description = "stop the process while it is looked at; it runs on even if pagealloc is killed" };
        Option<string> layout = SharedOptions.Layout();
        Option<string?> sysroot = SharedOptions.Sysroot();
        Option<bool> debuginfod = SharedOptions.Debuginfod();
        var command = new Command("whatis", "Says what is at an address: mapping, page, arena, block, neighbours, bytes")
        {
            target, address, format, swapIn, freeze, layout, sysroot, debuginfod,
        };
        command.SetAction(result =>
        {
            ulong at = SharedOptions.ReadAddress(result.GetValue(address)!, "ADDRESS");
            HeapOptions options = SharedOptions.ReadHeap(result, swapIn, layout, debuginfod);
            using OpenedTarget opened = OpenedTarget.Open(result.GetValue(target)!, result.GetValue(freeze), result.GetValue(sysroot));
            return (int)Run(opened, at, result.GetValue(format) == "json", options, new StdOut(1));
        });
        return command;
    }

    private static ExitCode Run(OpenedTarget opened, ulong address, bool json, HeapOptions options, StdOut output)
    {
        ITarget target = opened.Target;
        IReadOnlyList<Mapping> mappings = MappingTable.Read(target);
        using OpenedHeaps? heaps = HeapOpener.TryOpen(target, mappings, opened.With(options), out TargetException? failure);
        WhatIs what = WhatIsLookup.Find(target, mappings, heaps?.Blocks, heaps?.Memory, address);

        opened.Release(null);
        what = what with { Pause = opened.Pause };
        if (json)
        {
            WhatIsView.WriteJson(what, output);
        }
        else
        {
            WhatIsView.WriteText(what, output);
        }

        output.Flush();
        ExitCode code = opened.Conclude(failure is not null || what.Problems.Count != 0 ? ExitCode.Incomplete : ExitCode.Done);
        if (failure is not null)
        {
            HeapOpener.Say(failure);
        }

        return code;
    }
}
