using PageAlloc.Blocks;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Interop;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary>What the options of the map ask for.</summary>
internal sealed record MapRequest
{
    public required string Target { get; init; }

    public bool Json { get; init; }

    public bool Runs { get; init; }

    public bool Legend { get; init; } = true;

    public MappingFilter? Filter { get; init; }

    public required ReadOptions Read { get; init; }

    public required MapOptions Map { get; init; }
}

/// <summary><c>pagealloc TARGET</c>: the page map.</summary>
internal static class MapCommand
{
    /// <summary>Runs the command.</summary>
    public static ExitCode Run(MapRequest request, StdOut output)
    {
        using ITarget target = TargetOpener.Open(request.Target);
        PageTable table = PageTableReader.Read(target, MappingTable.Read(target, request.Read), request.Read);
        IReadOnlyList<MappingPages> shown = request.Filter is { } filter
            ? [.. table.Mappings.Where(m => filter.Matches(m.Mapping))]
            : table.Mappings;
        if (shown.Count == 0)
        {
            throw new UsageException($"the filter picks none of the {table.Mappings.Count} mappings");
        }

        var exit = ExitCode.Done;
        if (request.Json)
        {
            exit = WriteJson(request, target, table, shown, output);
        }
        else
        {
            if (request.Legend)
            {
                LegendView.Write(table, shown, request.Map, output);
            }

            PageMapView.Write(table, shown, request.Map, output);
            TotalsView.Write(table, shown, output);
        }

        output.Flush();
        if (request.Read.UsePageFlags)
        {
            SayWhatIsMissing(table.Unknown);
        }

        return exit;
    }

    // Without the right to read memory, what page tables tell is still worth having.
    private static ExitCode WriteJson(
        MapRequest request, ITarget target, PageTable table, IReadOnlyList<MappingPages> shown, StdOut output)
    {
        HeapReader? heaps = null;
        try
        {
            heaps = HeapReader.Open(target, [.. table.Mappings.Select(m => m.Mapping)]);
        }
        catch (TargetException e) when (e.Failure == TargetFailure.PermissionDenied)
        {
            StdErr.Write($"the heaps are not shown: {e.Message}", e.Advice);
        }

        using (heaps)
        {
            IReadOnlyList<ArenaTotals> arenas = heaps is null ? [] : HeapWalk.Sum(heaps);
            JsonView.Write(target.Info, table, shown, request.Runs, heaps?.Heaps, arenas, output);
            bool isWhole = heaps is not null && heaps.Heaps.Problems.Count == 0 && arenas.All(a => a.Problems.Count == 0);
            return isWhole ? ExitCode.Done : ExitCode.Incomplete;
        }
    }

    private static void SayWhatIsMissing(UnknownDetails unknown)
    {
        string small = PageState.SizeName(0, LibC.getpagesize());
        string[] missing =
        [
            .. unknown.HasFlag(UnknownDetails.FolioSizes) ? [$"the size of large folios (they count as {small})"] : Array.Empty<string>(),
            .. unknown.HasFlag(UnknownDetails.HugePages) ? [$"which pages are huge (they count as {small})"] : Array.Empty<string>(),
            .. unknown.HasFlag(UnknownDetails.MergedPages) ? ["which pages KSM merged (they count as anonymous)"] : Array.Empty<string>(),
        ];
        if (missing.Length != 0)
        {
            StdErr.Write($"not known without sudo (CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH): {string.Join(", ", missing)}");
        }
    }
}
