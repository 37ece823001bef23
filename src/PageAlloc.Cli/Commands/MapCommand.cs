using PageAlloc.Blocks;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Insight;
using PageAlloc.Interop;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc TARGET</c>: the page map, the heap map, and the tables.</summary>
internal static class MapCommand
{
    /// <summary>Runs the command.</summary>
    public static ExitCode Run(MapRequest request, StdOut output)
    {
        using OpenedTarget opened = OpenedTarget.Open(request.Target, request.Freeze);
        IReadOnlyList<Mapping> picked = [];
        using Look look = Look.At(opened, request.Read, request.Heap, mappings =>
        {
            picked = request.Filter is { } filter ? [.. mappings.Where(filter.Matches)] : mappings;

            // The pages of heaps are told in JSON, whatever mappings are picked.
            return picked.Count == 0 ? throw new UsageException($"the filter picks none of the {mappings.Count} mappings")
                : request.Json ? mappings
                : picked;
        });
        bool wantsHeaps = (request.Parts & (MapParts.Heaps | MapParts.Summary)) != 0;
        bool isComplete = request.Json ? WriteJson(request, look, picked, wantsHeaps, output) : WriteText(request, look, output);
        output.Flush();
        MissingDetails.Say(request.Read, look.Table.Unknown);
        opened.SayPause();
        if (look.Failure is not null)
        {
            HeapOpener.Say(look.Failure);
            isComplete &= !wantsHeaps;
        }

        return isComplete ? ExitCode.Done : ExitCode.Incomplete;
    }

    private static bool WriteJson(MapRequest request, Look look, IReadOnlyList<Mapping> picked, bool wantsHeaps, StdOut output)
    {
        HashSet<ulong> starts = [.. picked.Select(m => m.Range.Start)];
        MappingPages[] shown = [.. look.Table.Mappings.Where(m => starts.Contains(m.Mapping.Range.Start))];
        if (!wantsHeaps || look.Walk() is not { } figures)
        {
            JsonView.Write(look.Info, look.Table, shown, request.Runs, null, output);
            return true;
        }

        ProcessFigures whole = look.Figures(figures);
        if (request.Filter is not null)
        {
            ArenaTotals[] arenas = [.. figures.Arenas.Where(a => IsIn(shown, a.Arena))];
            figures = figures with { Arenas = arenas, Pins = HeapPins.Of(figures.Pages!, arenas, look.Content) };
        }

        JsonView.Write(look.Info, look.Table, shown, request.Runs, figures, output, whole);
        return !HeapProblemsView.IsIncomplete(figures.Heaps, figures.Arenas);
    }

    private static bool WriteText(MapRequest request, Look look, StdOut output)
    {
        using ColorReset? reset = request.Map.Style.Colors != ColorDepth.None && LibC.isatty(1) == 1 ? new ColorReset(output) : null;
        IHeapBlocks? heaps = look.Heaps;
        PageTable table = look.Table;
        IReadOnlyList<MappingPages> shown = table.Mappings;
        HeaderView.Write(look.Target.Info, request.Map, output);
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
        IReadOnlyList<ArenaTotals> arenas = isGlibc ? WalkHeaps(request, look, heaps!, output, out pages) : [];
        if (request.Parts.HasFlag(MapParts.Summary))
        {
            TotalsView.Write(table, look.Mappings.Count, output);
        }

        // With a filter that picks no arena, heaps are not what was asked for.
        if (heaps is null || request.Parts == MapParts.Pages || (request.Filter is not null && arenas.Count == 0))
        {
            return true;
        }

        if (!isGlibc)
        {
            HeapTableView.WriteOther(heaps.Heaps, output);
            HeapProblemsView.Write(heaps.Heaps, [], output);
            return true;
        }

        HeapSet set = heaps.Heaps with { Mmapped = [.. heaps.Heaps.Mmapped.Where(block => IsIn(shown, block.Range))] };
        if (request.Parts.HasFlag(MapParts.Summary))
        {
            HeapTableView.Write(set, arenas, output, pages);
            if (pages is not null)
            {
                PinsView.Write(HeapPins.Of(pages, arenas, look.Content, PinsView.MostSizes), output);
            }
        }

        HeapProblemsView.Write(set, arenas, output);
        return !HeapProblemsView.IsIncomplete(set, arenas);
    }

    /// <summary>Draws the heap map where it is asked for, and gives the sums of the arenas shown: one walk for both.</summary>
    private static IReadOnlyList<ArenaTotals> WalkHeaps(
        MapRequest request, Look look, IHeapBlocks heaps, StdOut output, out HeapPages? pages)
    {
        IReadOnlyList<MappingPages> shown = look.Table.Mappings;
        bool isWhole = request.Filter is null;
        pages = null;
        if (request.Parts == MapParts.Pages || !(isWhole || heaps.Heaps.Arenas.Any(IsShown)))
        {
            return [];
        }

        if (!request.Parts.HasFlag(MapParts.Heaps))
        {
            // With a filter not all pages of the heaps were read.
            IReadOnlyList<ArenaTotals> all = heaps.Sum(() => new HeapPages(look.Table, look.Mappings), out HeapPages joined);
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
        pages = isWhole ? new HeapPages(look.Table, look.Mappings) : null;
        return [.. heaps.Run(pages is null ? map : new TeeSink(map, pages)).Where(totals => IsShown(totals.Arena))];

        bool IsShown(Arena arena) => isWhole || IsIn(shown, arena);
    }

    private static bool IsIn(IReadOnlyList<MappingPages> mappings, Arena arena) => arena.Segments.Any(segment => IsIn(mappings, segment.Range));

    private static bool IsIn(IReadOnlyList<MappingPages> mappings, AddressRange range) => mappings.Any(m => m.Mapping.Range.Overlaps(range));
}
