namespace PageAlloc.Insight.Diff;

/// <summary>Some blocks: how many, and their bytes, headers included.</summary>
/// <param name="Blocks">How many.</param>
/// <param name="Bytes">Their bytes.</param>
public readonly record struct BlockSum(ulong Blocks, ulong Bytes)
{
    /// <summary>Both together.</summary>
    public static BlockSum operator +(BlockSum one, BlockSum other) => new(one.Blocks + other.Blocks, one.Bytes + other.Bytes);
}

/// <summary>What became of the blocks of about one size. Sizes are those of chunks, of mmapped blocks those of the mappings.</summary>
public sealed record SizeChange
{
    /// <summary>The smallest size of the class in bytes.</summary>
    public required ulong MinSize { get; init; }

    /// <summary>The largest.</summary>
    public required ulong MaxSize { get; init; }

    /// <summary>Blocks in use before.</summary>
    public BlockSum Old { get; init; }

    /// <summary>Blocks in use now.</summary>
    public BlockSum New { get; init; }

    /// <summary>Blocks in use now that were not before; 0 where blocks were not joined by address.</summary>
    public BlockSum Added { get; init; }

    /// <summary>Blocks in use before that are not now; 0 where blocks were not joined by address.</summary>
    public BlockSum Gone { get; init; }

    /// <summary>What malloc returned for the first of <see cref="Added"/>; 0 when there is none.</summary>
    public ulong Example { get; init; }

    /// <summary>The size in words: <c>64 bytes</c>, or between which powers of two.</summary>
    public string Name => SizeClass.Name(MinSize, MaxSize);
}
