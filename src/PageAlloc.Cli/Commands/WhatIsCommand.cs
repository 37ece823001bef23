using System.CommandLine;
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
        Option<string> layout = SharedOptions.Layout();
        Option<bool> debuginfod = SharedOptions.Debuginfod();
        var command = new Command("whatis", "Says what is at an address: mapping, page, arena, block, neighbours, bytes")
        {
            target, address, format, swapIn, layout, debuginfod,
        };
        command.SetAction(result =>
        {
            ulong at = SharedOptions.ReadAddress(result.GetValue(address)!, "ADDRESS");
            return (int)Run(result.GetValue(target)!, at, result.GetValue(format) == "json", SharedOptions.ReadHeap(result, swapIn, layout, debuginfod), new StdOut(1));
        });
        return command;
    }

    private static ExitCode Run(string name, ulong address, bool json, HeapOptions options, StdOut output)
    {
        using ITarget target = TargetOpener.Open(name);
        IReadOnlyList<Mapping> mappings = MappingTable.Read(target);
        using HeapReader? heaps = HeapOpener.TryOpen(target, mappings, options, out TargetException? failure);
        WhatIs what = WhatIsLookup.Find(target, mappings, heaps, address);
        if (json)
        {
            WhatIsView.WriteJson(what, output);
        }
        else
        {
            WhatIsView.WriteText(what, output);
        }

        output.Flush();
        if (failure is not null)
        {
            HeapOpener.Say(failure);
        }

        return failure is not null || what.Problems.Count != 0 ? ExitCode.Incomplete : ExitCode.Done;
    }
}
