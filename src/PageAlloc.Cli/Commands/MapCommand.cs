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
internal sealed class MapCommand
{
    private readonly MapRequest _request;
    private readonly Look _look;
    private readonly IReadOnlyList<MappingPages> _shown;
    private readonly StdOut _output;

    private MapCommand(MapRequest request, Look look, IReadOnlyList<Mapping> picked, StdOut output)
    {
        _request = request;
        _look = look;
        _output = output;
        _shown = Shown(look.Table, picked);
    }

    /// <summary>Whether the pages of all heaps were read.</summary>
    private bool HasAllPages => _look.Table.Mappings.Count == _look.Mappings.Count && _look.Table.IsResidencyKnown;

    private bool WantsHeaps => (_request.Parts & (MapParts.Heaps | MapParts.Summary)) != 0;

    /// <summary>Runs the command.</summary>
    public static ExitCode Run(MapRequest request, StdOut output)
    {
        using OpenedTarget opened = OpenedTarget.Open(request.Target, request.Freeze, request.Sysroot);
        IReadOnlyList<Mapping> picked = [];
        using Look look = Look.At(opened, request.Read, request.Heap, mappings =>
        {
            picked = request.Filter is { } filter ? [.. mappings.Where(filter.Matches)] : mappings;

            // What is said of arenas page by page needs those of all their segments, whatever mappings are picked.
            return picked.Count == 0 ? throw new UsageException($"the filter picks none of the {mappings.Count} mappings")
                : request.Json || request.HeapByPages ? mappings
                : picked;
        }, request.ZeroScan ? table => HugeScan.Read(opened.Target, table, Shown(table, picked), request.Read.Limits) : null);
        if (request.HeapByPages && !look.Table.IsResidencyKnown)
        {
            throw new UsageException($"--heap-by pages needs to know which pages are in RAM, which {opened.Target.Info.Name} does not tell");
        }

        var command = new MapCommand(request, look, picked, output);
        bool isComplete = request.Json ? command.WriteJson() : command.WriteText();
        output.Flush();
        MissingDetails.Say(request.Read, look.Table.Unknown, look.Info);
        if (look.Failure is not null)
        {
            HeapOpener.Say(look.Failure);
            isComplete &= !command.WantsHeaps;
        }

        return opened.Conclude(isComplete ? ExitCode.Done : ExitCode.Incomplete);
    }

    private static IReadOnlyList<MappingPages> Shown(PageTable table, IReadOnlyList<Mapping> picked)
    {
        if (picked.Count == table.Mappings.Count)
        {
            return table.Mappings;
        }

        HashSet<ulong> starts = [.. picked.Select(m => m.Range.Start)];
        return [.. table.Mappings.Where(m => starts.Contains(m.Mapping.Range.Start))];
    }

    private bool WriteJson()
    {
        if (!WantsHeaps || _look.Walk() is not { } figures)
        {
            JsonView.Write(_look.Info, _look.Table, _shown, _request.Runs, null, _output, scan: _look.HugeScan);
            return true;
        }

        ProcessFigures whole = _look.Figures(figures);
        if (_request.Filter is not null)
        {
            ArenaTotals[] arenas = [.. figures.Arenas.Where(a => IsShown(a.Arena))];
            figures = figures with { Arenas = arenas, Pins = figures.Pages is { } pages ? HeapPins.Of(pages, arenas, _look.Content) : null };
        }

        JsonView.Write(_look.Info, _look.Table, _shown, _request.Runs, figures, _output, whole, _look.HugeScan);
        return !HeapProblemsView.IsIncomplete(figures.Heaps, figures.Arenas);
    }

    private bool WriteText()
    {
        using ColorReset? reset = _request.Map.Style.Colors != ColorDepth.None && LibC.isatty(1) == 1 ? new ColorReset(_output) : null;
        HeapSet? heaps = _look.Heaps?.Heaps;
        HeaderView.Write(_look.Target.Info, _request.Map, _output);
        if (_request.Parts.HasFlag(MapParts.Pages))
        {
            WritePages(heaps);
        }

        bool isGlibc = heaps is { Allocator: "glibc", Arenas.Count: > 0 };
        HeapPages? pages = null;
        IReadOnlyList<ArenaTotals> arenas = isGlibc && WantsHeaps ? WalkHeaps(_look.Heaps!, out pages) : [];
        if (_request.Parts.HasFlag(MapParts.Summary))
        {
            TotalsView.Write(_look.Table, _shown, _look.Mappings.Count, _output);
            if (_look.Table.IsResidencyKnown)
            {
                HugePagesView.Write(HugePages.Of(_look.Table, _shown, pages, arenas, _look.HugeScan), _output);
            }
        }

        // With a filter that picks no arena, heaps are not what was asked for.
        if (heaps is null || !WantsHeaps || (_request.Filter is not null && arenas.Count == 0))
        {
            return true;
        }

        if (!isGlibc)
        {
            HeapTableView.WriteOther(heaps, _output);
            HeapProblemsView.Write(heaps, [], _output);
            return !HeapProblemsView.IsIncomplete(heaps, []);
        }

        HeapSet set = _look.Heaps!.Heaps;
        set = set with { Mmapped = [.. set.Mmapped.Where(block => IsShown(block.Range))] };
        if (_request.Parts.HasFlag(MapParts.Summary))
        {
            HeapTableView.Write(set, arenas, _output, pages);
            if (pages is not null)
            {
                PinsView.Write(HeapPins.Of(pages, arenas, _look.Content, PinsView.MostSizes), _output);
            }
        }

        HeapProblemsView.Write(set, arenas, _output);
        return !HeapProblemsView.IsIncomplete(set, arenas);
    }

    private void WritePages(HeapSet? heaps)
    {
        IReadOnlyList<AddressRange> tops = heaps is null ? [] : HeapTops.Of(heaps, _look.Table.PageSize);
        if (_request.Legend)
        {
            LegendView.Write(_look.Table, _shown, _request.Map, _output, tops);
            LegendView.WriteKey(_look.Table, _request.Map, _output);
        }

        PageMapView.Write(_look.Table, _shown, _request.Map, _output, tops);
    }

    /// <summary>Draws the heap map where it is asked for, and gives the sums of the arenas shown: one walk for both.</summary>
    private IReadOnlyList<ArenaTotals> WalkHeaps(IHeapBlocks heaps, out HeapPages? pages)
    {
        pages = null;
        if (!heaps.Heaps.Arenas.Any(IsShown))
        {
            return [];
        }

        if (!_request.Parts.HasFlag(MapParts.Heaps))
        {
            // Only with all pages the join says something.
            if (!HasAllPages)
            {
                return [.. heaps.Sum<IBlockSink>(() => NoSink.Instance, out _).Where(totals => IsShown(totals.Arena))];
            }

            IReadOnlyList<ArenaTotals> all = heaps.Sum(() => new HeapPages(_look.Table, _look.Trim), out HeapPages joined);
            pages = joined;
            return [.. all.Where(totals => IsShown(totals.Arena))];
        }

        if (_request.Parts.HasFlag(MapParts.Pages))
        {
            new TextSink(_output).EndLine();
        }

        if (_request.Legend)
        {
            (_request.HeapByPages ? (Action<MapOptions, StdOut>)HeapPageMapView.WriteLegend : HeapMapView.WriteLegend)(_request.Map, _output);
        }

        // What is there can be read while the walk goes on.
        _output.Flush();
        return [.. heaps.Run(MapOf(heaps.Heaps, out pages)).Where(totals => IsShown(totals.Arena))];
    }

    private IBlockSink MapOf(HeapSet heaps, out HeapPages? pages)
    {
        if (_request.HeapByPages)
        {
            var map = new HeapPageMapView(heaps, IsShown, _request.Map, _look.Table.PageSize, _output);
            return pages = new HeapPages(_look.Table, _look.Trim, map);
        }

        var blocks = new HeapMapView(heaps, IsShown, _request.Map, _output);
        pages = HasAllPages ? new HeapPages(_look.Table, _look.Trim) : null;
        return pages is null ? blocks : new TeeSink(blocks, pages);
    }

    private bool IsShown(Arena arena) => _request.Filter is null || arena.Segments.Any(segment => IsShown(segment.Range));

    private bool IsShown(AddressRange range) => _request.Filter is null || _shown.Any(m => m.Mapping.Range.Overlaps(range));
}
