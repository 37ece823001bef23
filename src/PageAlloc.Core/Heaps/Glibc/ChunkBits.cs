namespace PageAlloc.Heaps.Glibc;

/// <summary>What the size field of a chunk holds. source: malloc/malloc.c, PREV_INUSE, IS_MMAPPED, NON_MAIN_ARENA</summary>
internal static class ChunkBits
{
    /// <summary>The chunk before is in use.</summary>
    public const ulong PreviousInUse = 1;

    /// <summary>It is a mapping of its own.</summary>
    public const ulong Mmapped = 2;

    /// <summary>It is of a thread's arena.</summary>
    public const ulong NonMainArena = 4;

    /// <summary>The size, whatever its alignment.</summary>
    public const ulong SizeMask = ~7UL;
}
