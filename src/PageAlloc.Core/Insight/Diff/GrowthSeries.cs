namespace PageAlloc.Insight.Diff;

/// <summary>What a series is of.</summary>
public enum GrowthKind
{
    /// <summary>The blocks in use of about one size.</summary>
    Size = 0,

    /// <summary>The bytes in use of an arena.</summary>
    Arena,

    /// <summary>What a mapping has in RAM and in swap.</summary>
    Mapping,

    /// <summary>A sum over the whole process.</summary>
    Total,
}

/// <summary>How a figure went over the moments.</summary>
public sealed record GrowthSeries
{
    /// <summary>What it is of.</summary>
    public required GrowthKind Kind { get; init; }

    /// <summary>Its name: a size class, <c>arena 0x…</c>, a mapping's address and name.</summary>
    public required string Name { get; init; }

    /// <summary>The address of the arena or of the mapping, as it was last; 0 of other series, and where addresses mean nothing.</summary>
    public ulong Address { get; init; }

    /// <summary>Of a size, the smallest of the class and the largest; else 0.</summary>
    public (ulong Least, ulong Most) Sizes { get; init; }

    /// <summary>The bytes at each moment.</summary>
    public required IReadOnlyList<ulong> Bytes { get; init; }

    /// <summary>Of sizes and arenas, the number of blocks at each moment; else null.</summary>
    public IReadOnlyList<ulong>? Blocks { get; init; }

    /// <summary>Of a size, an address that is in use now and was not at first, for <c>whatis</c>; 0 when there is none.</summary>
    public ulong Example { get; init; }

    /// <summary>Whether it grows steadily: see <see cref="SteadyGrowth"/>.</summary>
    public bool IsSteady { get; init; }

    /// <summary>Bytes per second, or where times are not known per moment: the median of the slopes between all pairs of moments.</summary>
    public double Rate { get; init; }
}
