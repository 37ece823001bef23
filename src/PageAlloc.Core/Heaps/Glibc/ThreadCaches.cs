namespace PageAlloc.Heaps.Glibc;

/// <summary>What malloc keeps for a thread.</summary>
/// <param name="Tid">The thread's number; 0 when it was not found.</param>
/// <param name="Arena">The arena that it uses; 0 when it never called malloc.</param>
/// <param name="Tcache">The address of its tcache; 0 when it has none, or that was not found.</param>
internal readonly record struct MallocThread(int Tid, ulong Arena, ulong Tcache);

/// <summary>
/// What one libc keeps for the threads, in its variables <c>thread_arena</c> and <c>tcache</c>.
/// </summary>
internal sealed class ThreadCaches
{
    // Candidates beyond are no more than chance would have them.
    private const int MaxCandidates = 64;

    // The two variables are in the same few words of libc's.
    private const int BesideWords = 8;

    private ThreadCaches(IReadOnlyList<MallocThread> threads, IReadOnlyList<Tcache> caches, int? distance)
    {
        Threads = threads;
        Caches = caches;
        Distance = distance;
    }

    /// <summary>The threads, in the order of their blocks.</summary>
    public IReadOnlyList<MallocThread> Threads { get; }

    /// <summary>Their tcaches.</summary>
    public IReadOnlyList<Tcache> Caches { get; }

    /// <summary>How far <c>tcache</c> is behind <c>thread_arena</c>, in bytes; null when one of them was not found.</summary>
    public int? Distance { get; }

    /// <summary>Tcaches that could not be read.</summary>
    public IReadOnlyList<Problem> Problems { get; private init; } = [];

    /// <summary>Reads the variables of the threads, and their tcaches.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="blocks">The control blocks of the threads.</param>
    /// <param name="variables">Where the variables may be.</param>
    /// <param name="arenas">The addresses of the libc's arenas.</param>
    /// <param name="heaps">Where their segments are.</param>
    /// <param name="layout">The layout.</param>
    public static ThreadCaches Read(
        MemoryCache memory,
        IReadOnlyList<ThreadBlock> blocks,
        ThreadVariables variables,
        IReadOnlySet<ulong> arenas,
        RangeSet heaps,
        GlibcLayout layout)
    {
        // Several are alike where there are few threads: a true cache holds blocks, and agrees with its own counters.
        int? cacheOffset = null;
        List<Tcache> caches = [];
        (int Count, int Consistent, int Chunks) best = (0, 0, -1);
        foreach (int offset in variables.Caches.Take(MaxCandidates))
        {
            List<Tcache> read = ReadCaches(memory, blocks, offset, heaps, layout);
            var rank = (variables.Distance is null ? 0 : read.Count, read.Count(c => c.IsConsistent), read.Sum(c => c.Chunks.Count));
            if (rank.CompareTo(best) > 0)
            {
                (best, cacheOffset, caches) = (rank, offset, read);
            }
        }

        // The two variables are in the same few words of libc's.
        int? arenaOffset = variables.Arenas.Count == 0 ? null
            : cacheOffset is not { } near ? variables.Arenas[0]
            : variables.Distance is { } apart ? near + apart
            : variables.Arenas.MinBy(offset => Math.Abs(offset - near));
        // Where no cache can be seen, the variable is one of the words beside the other.
        IEnumerable<int> places = cacheOffset is { } only ? [only]
            : arenaOffset is { } beside ? Enumerable.Range(-BesideWords, (2 * BesideWords) + 1).Select(i => beside + (i * memory.PointerSize))
            : [];
        ulong[] swapped =
        [
            .. blocks.SelectMany(b => places.Select(at => memory.TryReadWord(b.Pointer - (ulong)at, out ulong word) ? word : 0))
                .Where(word => heaps.Contains(word) && (memory.IsSwapped(word) || memory.IsSwapped(word - (ulong)memory.PointerSize)))
                .Distinct(),
        ];
        return new ThreadCaches(
            [
                .. blocks.Select(b => new MallocThread(
                    b.Tid,
                    arenaOffset is { } arenaAt ? ArenaAt(b.Pointer - (ulong)arenaAt) : 0,
                    cacheOffset is { } cacheAt ? CacheAt(b.Pointer - (ulong)cacheAt) : 0)),
            ],
            caches,
            arenaOffset is { } a && cacheOffset is { } c ? a - c : null)
        {
            Problems = [.. swapped.Select(word => new Problem(
                ProblemKind.Swapped, 0, word, $"the tcache at 0x{word:x} is swapped out: the blocks in it count as used"))],
        };

        ulong CacheAt(ulong address) => memory.TryReadWord(address, out ulong word) && heaps.Contains(word) ? word : 0;

        ulong ArenaAt(ulong address) => memory.TryReadWord(address, out ulong word) && arenas.Contains(word) ? word : 0;
    }

    /// <summary>The tcache whose structure is the used block at <paramref name="user"/>; null when there is none.</summary>
    public static Tcache? ReadTcache(MemoryCache memory, ulong user, GlibcLayout layout, int tid = 0) =>
        memory.TryReadWord(user - (ulong)layout.PointerSize, out ulong size) && TcacheLayout.OfChunk(size & ChunkBits.SizeMask, layout) is { } form
            ? Tcache.Read(memory, user, form, layout, tid)
            : null;

    private static List<Tcache> ReadCaches(MemoryCache memory, IReadOnlyList<ThreadBlock> blocks, int offset, RangeSet heaps, GlibcLayout layout)
    {
        var caches = new List<Tcache>();
        var known = new HashSet<ulong>();
        foreach (ThreadBlock block in blocks)
        {
            if (memory.TryReadWord(block.Pointer - (ulong)offset, out ulong word) && heaps.Contains(word) && known.Add(word)
                && ReadTcache(memory, word, layout, block.Tid) is { } cache)
            {
                caches.Add(cache);
            }
        }

        return caches;
    }
}
