namespace PageAlloc.Heaps;

/// <summary>What is wrong with a heap, or with what could be seen of it.</summary>
public enum ProblemKind
{
    /// <summary>Something that has no name of its own.</summary>
    Other = 0,

    /// <summary>A chunk's size field can't be: too small, not aligned, or beyond the segment.</summary>
    BrokenSize,

    /// <summary>A free chunk's size and the copy of it behind the chunk differ.</summary>
    SizeMismatch,

    /// <summary>A list does not end, or comes back to itself too early.</summary>
    ListCycle,

    /// <summary>A list leads to an address that is no chunk.</summary>
    BrokenLink,

    /// <summary>A chunk is in two lists, or twice in one.</summary>
    DoubleFree,

    /// <summary>The links of the bins, forward and backward, do not agree.</summary>
    BrokenBins,

    /// <summary>The top chunk is not where the arena's size says.</summary>
    BrokenTop,

    /// <summary>The arena was changing while it was read: a thread is inside malloc, or the numbers don't add up.</summary>
    Changing,

    /// <summary>A tcache's counters and lists differ.</summary>
    BrokenTcache,

    /// <summary>Parts of the heap were not found: the sizes of what was found don't add up to the arena's.</summary>
    MissingSegments,

    /// <summary>Two ways of finding the layout disagree.</summary>
    LayoutMismatch,

    /// <summary>What tells of a part of the heap is swapped out: no damage, but something is not known.</summary>
    Swapped,
}

/// <summary>A problem, named so that a person can act on it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Arena">The arena's address; 0 when it is of none.</param>
/// <param name="Address">Where.</param>
/// <param name="Text">What was found, and what was expected: one sentence.</param>
public sealed record Problem(ProblemKind Kind, ulong Arena, ulong Address, string Text);
