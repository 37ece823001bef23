namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// Where one libc's variables <c>thread_arena</c> and <c>tcache</c> may be, which are at one distance from the thread pointer in
/// all threads. They are found without a symbol: <see cref="ThreadColumns"/>.
/// </summary>
internal sealed class ThreadVariables
{
    // Enough to tell a variable from what calls have left behind.
    private const int MostFarThreads = 64;

    private ThreadVariables(List<int> arenas, List<int> caches, int? distance)
    {
        Arenas = arenas;
        Caches = caches;
        Distance = distance;
    }

    /// <summary>How far below the pointer <c>thread_arena</c> may be, likeliest first.</summary>
    public IReadOnlyList<int> Arenas { get; }

    /// <summary>How far below the pointer <c>tcache</c> may be, likeliest first.</summary>
    public IReadOnlyList<int> Caches { get; }

    /// <summary>How far <c>tcache</c> is behind <c>thread_arena</c>, when symbols tell it.</summary>
    public int? Distance { get; }

    private bool Any => Arenas.Count != 0 || Caches.Count != 0;

    /// <summary>Looks into the storage of the threads.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="blocks">The control blocks of the threads.</param>
    /// <param name="arenas">The addresses of the libc's arenas.</param>
    /// <param name="heaps">Where their segments are.</param>
    /// <param name="files">Where files are mapped: 2.43 has tcaches that are not in use there.</param>
    /// <param name="layout">The layout; links of lists do not matter here.</param>
    /// <param name="distance">How far <c>tcache</c> is behind <c>thread_arena</c>, when symbols tell it.</param>
    public static ThreadVariables Find(
        MemoryCache memory,
        IReadOnlyList<ThreadBlock> blocks,
        IReadOnlySet<ulong> arenas,
        RangeSet heaps,
        RangeSet files,
        GlibcLayout layout,
        int? distance)
    {
        ThreadVariables near = Find(ThreadColumns.NearBytes, blocks);
        return near.Any || arenas.Count == 0 ? near : Find(ThreadColumns.FarBytes, blocks.Take(MostFarThreads));

        ThreadVariables Find(int depth, IEnumerable<ThreadBlock> threads)
        {
            var arenaColumns = new ThreadColumns(memory.PointerSize, depth, word => arenas.Contains(word));
            var cacheColumns = new ThreadColumns(
                memory.PointerSize, depth, word => files.Contains(word) ? null
                    : !heaps.Contains(word) ? false
                    : memory.IsSwapped(word - (ulong)memory.PointerSize) ? null
                    : IsTcacheSized(memory, word, layout));
            var storage = new byte[depth];
            foreach (ThreadBlock block in threads)
            {
                ReadOnlySpan<byte> bytes = storage.AsSpan(storage.Length - Readable(memory, block.Pointer, storage));
                arenaColumns.Add(memory, bytes);
                cacheColumns.Add(memory, bytes);
            }

            if (distance is not { } known)
            {
                return new ThreadVariables(arenaColumns.Best(), cacheColumns.Best(), null);
            }

            List<int> caches = cacheColumns.All().FindAll(offset => arenaColumns.MayBe(offset + known));
            return new ThreadVariables(caches.Count != 0 ? caches.ConvertAll(offset => offset + known) : arenaColumns.Best(), caches, known);
        }
    }

    private static bool IsTcacheSized(MemoryCache memory, ulong user, GlibcLayout layout) =>
        user % (ulong)layout.Alignment == 0
        && memory.TryReadWord(user - (ulong)layout.PointerSize, out ulong size) && TcacheLayout.OfChunk(size & ChunkBits.SizeMask, layout) is not null;

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
