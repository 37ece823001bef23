namespace PageAlloc.Blocks;

/// <summary>What a block is.</summary>
public enum BlockState : byte
{
    /// <summary>Not known: damaged, swapped out or unreadable.</summary>
    Unknown = 0,

    /// <summary>The program has it.</summary>
    Used,

    /// <summary>Free, in a thread's cache.</summary>
    Tcache,

    /// <summary>Free, in a fastbin.</summary>
    Fast,

    /// <summary>Free, in the unsorted bin.</summary>
    Unsorted,

    /// <summary>Free, in a small bin.</summary>
    Small,

    /// <summary>Free, in a large bin.</summary>
    Large,

    /// <summary>The top chunk: what is left of the last segment.</summary>
    Top,

    /// <summary>Used, in a mapping of its own.</summary>
    Mmapped,

    /// <summary>The header that ends a segment.</summary>
    Fencepost,

    /// <summary>The arena's own structures, alignment, and gaps that a foreign sbrk left. No block.</summary>
    Overhead,
}

/// <summary>A chunk of a heap, or a span of it that is none.</summary>
/// <param name="Address">Where it begins: the chunk's header, not what malloc returned.</param>
/// <param name="Size">Its bytes, header included.</param>
/// <param name="State">What it is.</param>
public readonly record struct Block(ulong Address, ulong Size, BlockState State)
{
    /// <summary>The first address behind.</summary>
    public ulong End => Address + Size;
}
