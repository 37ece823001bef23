using PageAlloc.Blocks;

namespace PageAlloc.Insight.Diff;

/// <summary>All that changed between two moments.</summary>
public sealed record ProcessDiff
{
    /// <summary>The earlier, or the one to compare with.</summary>
    public required Moment Old { get; init; }

    /// <summary>The later.</summary>
    public required Moment New { get; init; }

    /// <summary>What they have in common: whether mappings, arenas and blocks were joined by address, or only sums by name and size.</summary>
    public required DiffBasis Basis { get; init; }

    /// <summary>The mappings of both, in address order; of different address spaces, in the order of the new one.</summary>
    public required IReadOnlyList<MappingChange> Mappings { get; init; }

    /// <summary>How pages were compared; null where addresses mean nothing.</summary>
    public required PageChanges? Pages { get; init; }

    /// <summary>The arenas of both, new ones in their order and then those that went; none when the heaps of one are not known.</summary>
    public required IReadOnlyList<ArenaChange> Arenas { get; init; }

    /// <summary>The blocks of both; null when the heaps of one are not known.</summary>
    public required BlockChanges? Blocks { get; init; }

    /// <summary>Whether addresses mean the same on both sides.</summary>
    public bool IsJoined => Basis == DiffBasis.Addresses;

    /// <summary>Whether the heaps of both are known; else nothing is said to have come or gone.</summary>
    public bool KnowsHeaps => Old.KnowsHeaps && New.KnowsHeaps;

    /// <summary>What passed between them; null when that is not known.</summary>
    public TimeSpan? Elapsed => New.Time - Old.Time;

    /// <summary>Compares two moments.</summary>
    public static ProcessDiff Of(Moment old, Moment @new)
    {
        DiffBasis basis = DiffBases.Of(old, @new);
        bool isJoined = basis == DiffBasis.Addresses;
        (WalkRecording Old, WalkRecording New)? heaps = old.KnownHeaps is { } was && @new.KnownHeaps is { } now ? (was, now) : null;
        PageChanges? pages = isJoined ? new PageChanges(old.Table, @new.Table) : null;
        return new ProcessDiff
        {
            Old = old,
            New = @new,
            Basis = basis,
            Pages = pages,
            Mappings = pages is null ? MappingJoin.ByName(old.Table, @new.Table) : MappingJoin.ByAddress(old.Table, @new.Table, pages),
            Arenas = heaps is not { } arenas ? []
                : isJoined ? ArenaChange.ByAddress(arenas.Old, arenas.New)
                : ArenaChange.ByKind(arenas.Old, arenas.New),
            Blocks = heaps is not { } blocks ? null
                : isJoined ? BlockChanges.Join(blocks.Old, blocks.New)
                : BlockChanges.Compare(blocks.Old, blocks.New),
        };
    }

    /// <summary>How many pages changed in a way; null where addresses mean nothing.</summary>
    public ulong? PagesOf(PageChange change) => Pages is null ? null : Mappings.Aggregate(0UL, (sum, m) => sum + m.Pages![(int)change]);
}
