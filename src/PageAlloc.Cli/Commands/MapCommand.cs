using PageAlloc.Blocks;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Insight;
using PageAlloc.Interop;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc TARGET</c>: the page map, the heap map, and the tables.</summary>
internal static class MapCommand
{
    /// <summary>Runs the command.</summary>
    public static ExitCode Run(MapRequest request, StdOut output)
    {
        using OpenedTarget opened = OpenedTarget.Open(request.Target, request.Freeze);
        ITarget target = opened.Target;
        IReadOnlyList<Mapping> mappings = MappingTable.Read(target, request.Read);
        IReadOnlyList<Mapping> picked = request.Filter is { } filter ? [.. mappings.Where(filter.Matches)] : mappings;
        if (picked.Count == 0)
        {
            throw new UsageException($"the filter picks none of the {mappings.Count} mappings");
        }

        // The pages of heaps are told in JSON, whatever mappings are picked.
        PageTable table = PageTableReader.Read(target, request.Json ? mappings : picked, request.Read);
        using HeapReader? heaps = HeapOpener.TryOpen(target, mappings, opened.With(request.Heap), out TargetException? failure);
        bool wantsHeaps = (request.Parts & (MapParts.Heaps | MapParts.Summary)) != 0;
        IHeapBlocks? blocks = opened.Release(heaps);
        bool isComplete = request.Json
            ? WriteJson(request, target.Info with { Pause = opened.Pause }, table, mappings, wantsHeaps ? blocks : null, output)
            : WriteText(request, target.Info, table, mappings, blocks, output);
        output.Flush();
        // What was not wanted is not missing.
        SayWhatIsMissing(request.Read.UsePageFlags ? table.Unknown : table.Unknown & UnknownDetails.GuardPages);

        opened.SayPause();
        if (failure is not null)
        {
            HeapOpener.Say(failure);
            isComplete &= !wantsHeaps;
        }

        return isComplete ? ExitCode.Done : ExitCode.Incomplete;
    }

    private static bool WriteJson(
        MapRequest request, TargetInfo target, PageTable table, IReadOnlyList<Mapping> mappings, IHeapBlocks? heaps, StdOut output)
    {
        IEnumerable<MappingPages> shown = request.Filter is { } filter ? table.Mappings.Where(m => filter.Matches(m.Mapping)) : table.Mappings;
        if (heaps is null)
        {
            JsonView.Write(target, table, shown, request.Runs, null, output);
            return true;
        }

        IReadOnlyList<ArenaTotals> arenas = heaps.Sum(() => new HeapPages(table, mappings), out HeapPages pages);
        MappingPages[] picked = [.. shown];
        ArenaTotals[] pickedArenas = [.. arenas.Where(a => request.Filter is null || IsIn(picked, a.Arena))];
        JsonView.Write(target, table, picked, request.Runs, new HeapFigures(heaps.Heaps, pickedArenas, pages), output);
        return !HeapProblemsView.IsIncomplete(heaps.Heaps, pickedArenas);
    }

    private static bool WriteText(
        MapRequest request, TargetInfo target, PageTable table, IReadOnlyList<Mapping> mappings, IHeapBlocks? heaps, StdOut output)
    {
        using ColorReset? reset = request.Map.Style.Colors != ColorDepth.None && LibC.isatty(1) == 1 ? new ColorReset(output) : null;
        IReadOnlyList<MappingPages> shown = table.Mappings;
        HeaderView.Write(target, request.Map, output);
        if (request.Parts.HasFlag(MapParts.Pages))
        {
            IReadOnlyList<AddressRange> tops = heaps is null ? [] : HeapTops.Of(heaps.Heaps, table.PageSize);
            if (request.Legend)
            {
                LegendView.Write(table, shown, request.Map, output, tops);
                LegendView.WriteKey(table, request.Map, output);
            }

            PageMapView.Write(table, shown, request.Map, output, tops);
        }

        bool isGlibc = heaps?.Heaps is { Allocator: "glibc", Arenas.Count: > 0 };
        HeapPages? pages = null;
        IReadOnlyList<ArenaTotals> arenas = isGlibc ? WalkHeaps(request, table, mappings, heaps!, output, out pages) : [];
        if (request.Parts.HasFlag(MapParts.Summary))
        {
            TotalsView.Write(table, mappings.Count, output);
        }

        // With a filter that picks no arena, heaps are not what was asked for.
        if (heaps is null || request.Parts == MapParts.Pages || (request.Filter is not null && arenas.Count == 0))
        {
            return true;
        }

        if (!isGlibc)
        {
            HeapTableView.WriteOther(heaps.Heaps, output);
            return true;
        }

        HeapSet set = heaps.Heaps with { Mmapped = [.. heaps.Heaps.Mmapped.Where(block => IsIn(shown, block.Range))] };
        if (request.Parts.HasFlag(MapParts.Summary))
        {
            HeapTableView.Write(set, arenas, output, pages);
        }

        HeapProblemsView.Write(set, arenas, output);
        return !HeapProblemsView.IsIncomplete(set, arenas);
    }

    /// <summary>Draws the heap map where it is asked for, and gives the sums of the arenas shown: one walk for both.</summary>
    private static IReadOnlyList<ArenaTotals> WalkHeaps(
        MapRequest request, PageTable table, IReadOnlyList<Mapping> mappings, IHeapBlocks heaps, StdOut output, out HeapPages? pages)
    {
        IReadOnlyList<MappingPages> shown = table.Mappings;
        bool isWhole = request.Filter is null;
        pages = null;
        if (request.Parts == MapParts.Pages || !(isWhole || heaps.Heaps.Arenas.Any(IsShown)))
        {
            return [];
        }

        if (!request.Parts.HasFlag(MapParts.Heaps))
        {
            // With a filter not all pages of the heaps were read.
            IReadOnlyList<ArenaTotals> all = heaps.Sum(() => new HeapPages(table, mappings), out HeapPages joined);
            pages = isWhole ? joined : null;
            return [.. all.Where(totals => IsShown(totals.Arena))];
        }

        if (request.Parts.HasFlag(MapParts.Pages))
        {
            new TextSink(output).EndLine();
        }

        if (request.Legend)
        {
            HeapMapView.WriteLegend(request.Map, output);
        }

        // What is there can be read while the walk goes on.
        output.Flush();
        var map = new HeapMapView(heaps.Heaps, IsShown, request.Map, output);
        pages = isWhole ? new HeapPages(table, mappings) : null;
        return [.. heaps.Run(pages is null ? map : new TeeSink(map, pages)).Where(totals => IsShown(totals.Arena))];

        bool IsShown(Arena arena) => isWhole || IsIn(shown, arena);
    }

    private static bool IsIn(IReadOnlyList<MappingPages> mappings, Arena arena) => arena.Segments.Any(segment => IsIn(mappings, segment.Range));

    private static bool IsIn(IReadOnlyList<MappingPages> mappings, AddressRange range) => mappings.Any(m => m.Mapping.Range.Overlaps(range));

    private static void SayWhatIsMissing(UnknownDetails unknown)
    {
        string small = PageState.SizeName(0, LibC.getpagesize());
        string[] missing =
        [
            .. unknown.HasFlag(UnknownDetails.FolioSizes) ? [$"the size of large folios (they count as {small})"] : Array.Empty<string>(),
            .. unknown.HasFlag(UnknownDetails.HugePages) ? [$"which pages are huge (they count as {small})"] : Array.Empty<string>(),
            .. unknown.HasFlag(UnknownDetails.MergedPages) ? ["which pages KSM merged (they count as anonymous)"] : Array.Empty<string>(),
            .. unknown.HasFlag(UnknownDetails.GuardPages) ? ["which swapped pages are guard pages (they count as swapped)"] : Array.Empty<string>(),
        ];
        if (missing.Length != 0)
        {
            string why = LibC.geteuid() == 0
                ? "not known, as the kernel does not show page frames to this root (a container?)"
                : "not known without sudo (CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH)";
            StdErr.Write($"{why}: {string.Join(", ", missing)}");
        }
    }
}
