using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Pages;

namespace PageAlloc.Insight.Diff;

/// <summary>
/// Follows what a process has over moments that come one after another, in order. Of each moment only sums are kept, and whole the
/// first one and the last that came: a series of any length takes the memory of two.
/// </summary>
public sealed class GrowthReader
{
    private readonly List<MomentInfo> _moments = [];
    private readonly GrowthTable _sizes = new();
    private readonly GrowthTable _arenas = new();
    private readonly GrowthTable _arenaKinds = new();
    private readonly GrowthTable _mappings = new();
    private readonly GrowthTable _names = new();
    private readonly GrowthTable _totals = new();
    private readonly Dictionary<int, ulong> _gone = [];
    private readonly HashSet<string> _ofHeap = new(StringComparer.Ordinal);
    private double _churn;

    // The key of each mapping of the last moment, by its start: that of the mapping that it was at the moment before.
    private Dictionary<ulong, string> _keys = [];
    private bool _isJoined = true;
    private int _partlyUnknown;
    private Moment? _first;
    private Moment? _last;

    /// <summary>The first moment; null when none came.</summary>
    public Moment? First => _first;

    /// <summary>The last moment that came.</summary>
    public Moment? Last => _last;

    /// <summary>How many came.</summary>
    public int Count => _moments.Count;

    /// <summary>Takes the next moment.</summary>
    public void Add(Moment moment)
    {
        int at = _moments.Count;
        _moments.Add(new MomentInfo(moment.Target, moment.Time));
        bool follows = _last is null || DiffBases.Of(_last, moment) == DiffBasis.Addresses;
        _isJoined &= follows;
        AddMappings(moment, at);
        AddHeaps(moment, at);
        _first ??= moment;
        _last = moment;
    }

    /// <summary>What there is to say of the moments that came.</summary>
    /// <exception cref="InvalidOperationException">There was none.</exception>
    public Growth Finish()
    {
        Moment first = _first ?? throw new InvalidOperationException("no moment came");
        bool hasTimes = _moments.All(m => m.Time is not null) && _moments.Zip(_moments.Skip(1)).All(p => p.Second.Time > p.First.Time);
        double[] times = [.. _moments.Select((m, i) => hasTimes ? (m.Time!.Value - _moments[0].Time!.Value).TotalSeconds : i)];
        BlockChanges? changes = _isJoined && first.KnownHeaps is { } old && _last!.KnownHeaps is { } now ? BlockChanges.Join(old, now) : null;
        var examples = changes?.Sizes.ToDictionary(s => s.MinSize, s => s.Example) ?? [];
        double steps = Math.Max(1, Count - 1);
        double churn = _churn / steps;
        return new Growth
        {
            Moments = _moments,
            HasTimes = hasTimes,
            Basis = _isJoined ? DiffBasis.Addresses : DiffBases.Of(first, _last!) is var basis && basis == DiffBasis.Addresses ? DiffBasis.OtherRun : basis,
            MomentsWithUnknownHeap = _partlyUnknown,
            Totals = [.. _totals.Series(Count).Select(s => s.Judge(GrowthKind.Total, times, churn))],
            Series =
            [
                .. _sizes.Series(Count).Select(s => s.JudgeSize(times, _gone.GetValueOrDefault((int)s.Number) / steps, examples.GetValueOrDefault(SizeClass.MinSize((int)s.Number)))),
                .. (_isJoined ? _arenas : _arenaKinds).Series(Count).Select(s => s.Judge(GrowthKind.Arena, times, churn)),
                .. (_isJoined ? _mappings : _names).Series(Count).Select(s => s.Judge(GrowthKind.Mapping, times, _ofHeap.Contains(s.Key) ? churn : 0)),
            ],
        };
    }

    private void AddMappings(Moment moment, int at)
    {
        var keys = new Dictionary<ulong, string>();
        Segment[] segments = [.. (moment.Heaps?.Heaps.Arenas ?? []).SelectMany(a => a.Segments)];
        IReadOnlyList<MappingChange> mappings = _isJoined
            ? MappingJoin.ByAddress(_last?.Table ?? moment.Table, moment.Table, changes: null)
            : [];
        foreach (MappingChange mapping in mappings.Where(m => m.New.Count != 0))
        {
            ulong start = mapping.New[0].Mapping.Range.Start;
            string key = mapping.Old.Select(m => _keys.GetValueOrDefault(m.Mapping.Range.Start)).FirstOrDefault(k => k is not null) ?? $"{at} {start:x}";
            foreach (MappingPages piece in mapping.New)
            {
                keys[piece.Mapping.Range.Start] = key;
            }

            Put(_mappings, key, NameOf(mapping.Name), start, mapping, at);
            if (segments.Any(s => mapping.Range.Contains(s.Range.Start)))
            {
                _ofHeap.Add(key);
            }
        }

        foreach (MappingChange mapping in MappingJoin.ByName(moment.Table, moment.Table))
        {
            Put(_names, NameOf(mapping.Name), NameOf(mapping.Name), 0, mapping, at);
        }

        _keys = keys;
        if (moment.KnowsPages)
        {
            _totals.Add("ram", "in RAM (Rss)", 0, at, moment.ResidentBytes, 0);
            _totals.Add("swap", "in swap", 0, at, moment.SwappedBytes, 0);
        }
        else
        {
            _totals.SetUnknown("ram");
            _totals.SetUnknown("swap");
        }
    }

    private static void Put(GrowthTable table, string key, string name, ulong start, MappingChange mapping, int at)
    {
        if (mapping.NewPages.Unknown == mapping.NewPages.Total)
        {
            table.SetUnknown(key);
        }
        else
        {
            table.Add(key, name, start, at, mapping.NewResidentBytes + mapping.NewSwappedBytes, 0);
        }
    }

    private void AddHeaps(Moment moment, int at)
    {
        if (moment.KnownHeaps is not { } heaps)
        {
            _partlyUnknown++;
            _sizes.SetAllUnknown();
            _arenas.SetAllUnknown();
            _arenaKinds.SetAllUnknown();
            _totals.SetUnknown("heap");
            return;
        }

        BlockChanges changes = _isJoined && _last?.KnownHeaps is { } before ? BlockChanges.Join(before, heaps) : BlockChanges.Compare(heaps, heaps);
        foreach (SizeChange size in changes.Sizes)
        {
            int number = SizeClass.Of(size.MinSize);
            _sizes.Add($"{number}", size.Name, (ulong)number, at, size.New.Bytes, size.New.Blocks);
            _gone[number] = _gone.GetValueOrDefault(number) + size.Gone.Blocks;

            // Blocks that come and go on their own: the variance of their sum is that of their number times the square of their size.
            _churn += size.Gone.Blocks == 0 ? 0 : (double)size.Gone.Bytes * size.Gone.Bytes / size.Gone.Blocks;
        }

        foreach (ArenaTotals arena in heaps.Totals)
        {
            // Whether addresses mean the same at all moments is known at the end only.
            string address = $"0x{arena.Arena.Address:x}";
            string kind = arena.Arena.IsMain ? "main" : "others";
            if (!IsKnown(arena))
            {
                _arenas.SetUnknown(address);
                _arenaKinds.SetUnknown(kind);
            }

            _arenas.Add(address, address, arena.Arena.Address, at, arena.Bytes(BlockState.Used), arena.Blocks(BlockState.Used));
            _arenaKinds.Add(kind, kind, 0, at, arena.Bytes(BlockState.Used), arena.Blocks(BlockState.Used));
        }

        _totals.Add("heap", "heap, used", 0, at, changes.New.Bytes, changes.New.Blocks);
        if (!heaps.Totals.All(IsKnown))
        {
            _partlyUnknown++;
            _sizes.SetAllUnknown();
            _totals.SetUnknown("heap");
        }
    }

    // What is in the unknown part is of any size: it would seem to come when it is seen at the next moment.
    private static bool IsKnown(ArenaTotals arena) =>
        arena.Bytes(BlockState.Unknown) == 0 && arena.SwappedBytes == 0 && !arena.Problems.Any(p => p.Kind == ProblemKind.MissingSegments);

    private static string NameOf(ReadOnlyMemory<byte> name) => name.IsEmpty ? "<anonymous>" : ByteText.ToPrintable(name.Span);
}
