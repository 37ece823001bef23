namespace PageAlloc.Heaps.Glibc;

/// <summary>What malloc keeps for a thread.</summary>
/// <param name="Tid">The thread's number; 0 when it was not found.</param>
/// <param name="Arena">The arena that it uses; 0 when it never called malloc.</param>
/// <param name="Tcache">The address of its tcache; 0 when it has none, or that was not found.</param>
internal readonly record struct MallocThread(int Tid, ulong Arena, ulong Tcache);

/// <summary>
/// What one libc keeps for the threads: its variables <c>thread_arena</c> and <c>tcache</c>, each at one distance from the
/// thread pointer in all threads. They are found without a symbol: <see cref="ThreadColumns"/>.
/// </summary>
internal sealed class ThreadCaches
{
    // Candidates beyond are no more than chance would have them.
    private const int MaxCandidates = 64;

    // Enough to tell a variable from what calls have left behind.
    private const int MostFarThreads = 64;

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

    /// <summary>Looks into the storage of the threads.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="blocks">The control blocks of the threads.</param>
    /// <param name="arenas">The addresses of the libc's arenas.</param>
    /// <param name="heaps">Where their segments are.</param>
    /// <param name="files">Where files are mapped: 2.43 has tcaches that are not in use there.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="distance">How far <c>tcache</c> is behind <c>thread_arena</c>, when symbols tell it.</param>
    public static ThreadCaches Find(
        MemoryCache memory,
        IReadOnlyList<ThreadBlock> blocks,
        IReadOnlySet<ulong> arenas,
        RangeSet heaps,
        RangeSet files,
        GlibcLayout layout,
        int? distance = null)
    {
        ThreadCaches near = Find(memory, blocks, arenas, heaps, files, layout, distance, ThreadColumns.NearBytes, out bool isNear);
        return isNear ? near : Find(memory, blocks, arenas, heaps, files, layout, distance, ThreadColumns.FarBytes, out _);
    }

    private static ThreadCaches Find(
        MemoryCache memory,
        IReadOnlyList<ThreadBlock> blocks,
        IReadOnlySet<ulong> arenas,
        RangeSet heaps,
        RangeSet files,
        GlibcLayout layout,
        int? distance,
        int depth,
        out bool isFound)
    {
        var arenaColumns = new ThreadColumns(memory.PointerSize, depth, word => arenas.Contains(word));
        var cacheColumns = new ThreadColumns(
            memory.PointerSize, depth, word => files.Contains(word) ? null
                : !heaps.Contains(word) ? false
                : memory.IsSwapped(word - (ulong)memory.PointerSize) ? null
                : IsTcacheSized(memory, word, layout));
        var storage = new byte[depth];
        foreach (ThreadBlock block in depth == ThreadColumns.NearBytes ? blocks : blocks.Take(MostFarThreads))
        {
            ReadOnlySpan<byte> bytes = storage.AsSpan(storage.Length - Readable(memory, block.Pointer, storage));
            arenaColumns.Add(memory, bytes);
            cacheColumns.Add(memory, bytes);
        }

        List<int> arenaOffsets = arenaColumns.Best();
        List<int> cacheOffsets = cacheColumns.Best();
        if (distance is { } known)
        {
            cacheOffsets = cacheColumns.All().FindAll(offset => arenaColumns.MayBe(offset + known));
            arenaOffsets = cacheOffsets.Count != 0 ? cacheOffsets.ConvertAll(offset => offset + known) : arenaOffsets;
        }

        // Several are alike where there are few threads: a true cache holds blocks, and agrees with its own counters.
        int? cacheOffset = null;
        List<Tcache> caches = [];
        (int Count, int Consistent, int Chunks) best = (0, 0, -1);
        foreach (int offset in cacheOffsets.Take(MaxCandidates))
        {
            List<Tcache> read = ReadCaches(memory, blocks, offset, heaps, layout);
            var rank = (distance is null ? 0 : read.Count, read.Count(c => c.IsConsistent), read.Sum(c => c.Chunks.Count));
            if (rank.CompareTo(best) > 0)
            {
                (best, cacheOffset, caches) = (rank, offset, read);
            }
        }

        // The two variables are in the same few words of libc's.
        int? arenaOffset = arenaOffsets.Count == 0 ? null
            : cacheOffset is not { } near ? arenaOffsets[0]
            : distance is { } apart ? near + apart
            : arenaOffsets.MinBy(offset => Math.Abs(offset - near));
        isFound = arenaOffset is not null || cacheOffset is not null || arenas.Count == 0;
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

    private static bool IsTcacheSized(MemoryCache memory, ulong user, GlibcLayout layout) =>
        user % (ulong)layout.Alignment == 0
        && memory.TryReadWord(user - (ulong)layout.PointerSize, out ulong size) && TcacheLayout.OfChunk(size & ChunkBits.SizeMask, layout) is not null;

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

    // The storage ends at the pointer; a page of it that can't be read ends what is looked at.
    private static int Readable(MemoryCache memory, ulong pointer, byte[] storage)
    {
        for (int length = storage.Length; length >= 64; length /= 2)
        {
            if (memory.TryRead(pointer - (ulong)length, storage.AsSpan(storage.Length - length)))
            {
                return length;
            }
        }

        return 0;
    }
}
