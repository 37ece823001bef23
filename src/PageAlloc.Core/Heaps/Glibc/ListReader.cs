namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// Reads the links of an arena's lists: from memory, as long as that is the quicker way, or from a table of all its links.
/// </summary>
/// <param name="memory">The memory.</param>
/// <param name="table">The table; null when there is none yet.</param>
/// <param name="arenaBytes">The size of the arena.</param>
internal sealed class ListReader(MemoryCache memory, LinkTable? table, ulong arenaBytes)
{
    // A read of one page costs several times its share of a walk over all of them.
    private const int PagesPerMiss = 16;
    private const ulong AlwaysFollowed = 4096;

    private readonly ulong _begin = memory.Misses;
    private readonly ulong _most = Math.Max(AlwaysFollowed, arenaBytes / (ulong)memory.PageSize / PagesPerMiss);

    /// <summary>The memory.</summary>
    public MemoryCache Memory => memory;

    /// <summary>Whether each link costs so much that a table of all links would be quicker.</summary>
    public bool IsExhausted => table is null && memory.Misses - _begin > _most;

    /// <summary>Reads the links of a chunk; false when they are swapped out or unreadable.</summary>
    /// <param name="position">The address of the forward link.</param>
    /// <param name="forward">The forward link as it stands in memory.</param>
    /// <param name="back">The backward link; null when the table does not have it.</param>
    public bool TryRead(ulong position, out ulong forward, out ulong? back)
    {
        back = null;
        if (table is not null && table.TryFind(position, out forward))
        {
            return true;
        }

        bool read = memory.TryReadWord(position, out forward) & memory.TryReadWord(position + (ulong)memory.PointerSize, out ulong word);
        back = word;
        return read;
    }
}
