namespace PageAlloc.Insight.Diff;

/// <summary>How a process went over three or more moments.</summary>
public sealed record Growth
{
    /// <summary>What was read at each moment, without its pages and blocks.</summary>
    public required IReadOnlyList<MomentInfo> Moments { get; init; }

    /// <summary>Whether the rates are per second; else they are per moment, as the times are not known.</summary>
    public required bool HasTimes { get; init; }

    /// <summary>What the moments have in common: whether arenas and mappings were followed by address, or by name.</summary>
    public required DiffBasis Basis { get; init; }

    /// <summary>At how many moments the heaps were not known, or not all of them: then there are no series of sizes, and none of the arenas in question.</summary>
    public required int MomentsWithUnknownHeap { get; init; }

    /// <summary>What is in RAM and in swap, and the heap in use: of the whole process.</summary>
    public required IReadOnlyList<GrowthSeries> Totals { get; init; }

    /// <summary>Every size, arena and mapping that was there at any moment and is known at each, in no order.</summary>
    public required IReadOnlyList<GrowthSeries> Series { get; init; }

    /// <summary>What grows steadily, the quickest of each kind first.</summary>
    public IEnumerable<GrowthSeries> Steady => Series.Where(s => s.IsSteady).OrderBy(s => s.Kind).ThenByDescending(s => s.Rate).ThenBy(s => s.Name, StringComparer.Ordinal);
}

/// <summary>What is kept of a moment once it is counted.</summary>
/// <param name="Target">The target.</param>
/// <param name="Time">When that was; null when not known.</param>
public sealed record MomentInfo(Targets.TargetInfo Target, DateTimeOffset? Time);
