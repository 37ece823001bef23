namespace PageAlloc.Heaps.Glibc;

/// <summary>What malloc keeps for a thread.</summary>
/// <param name="ThreadPointer">The thread's pointer (TCB).</param>
/// <param name="Tid">The thread's number; 0 when it was not found.</param>
/// <param name="Arena">The arena that it uses; 0 when it never called malloc.</param>
internal readonly record struct MallocThread(ulong ThreadPointer, int Tid, ulong Arena);

/// <summary>
/// Finds each thread's arena and tcache in its thread-local storage without a symbol: below the thread pointer there is one
/// word that is an arena's address, and one that leads to a chunk of a tcache's size with the lists of a tcache in it.
/// </summary>
internal static class ThreadCaches
{
    private const int StorageBytes = 4096;
    private const int DescriptorBytes = 4096;

    /// <summary>Looks into the storage of the threads.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="pointers">The thread pointers.</param>
    /// <param name="tids">The numbers of all threads, as the kernel lists them.</param>
    /// <param name="arenas">The addresses of all arenas.</param>
    /// <param name="isHeap">Whether an address is in a segment of an arena.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="caches">Gets the tcaches.</param>
    public static List<MallocThread> Find(
        MemoryCache memory,
        IReadOnlyList<ulong> pointers,
        IReadOnlySet<int> tids,
        IReadOnlySet<ulong> arenas,
        Func<ulong, bool> isHeap,
        GlibcLayout layout,
        Dictionary<ulong, Tcache> caches)
    {
        var threads = new List<MallocThread>();
        var storage = new byte[StorageBytes];
        foreach (ulong pointer in pointers)
        {
            ulong arena = 0;
            int length = Readable(memory, pointer, storage);
            for (int at = storage.Length - length; at < storage.Length; at += memory.PointerSize)
            {
                ulong word = memory.Word(storage.AsSpan(at));
                if (arenas.Contains(word))
                {
                    arena = word;
                }
                else if (word % (ulong)layout.Alignment == 0 && isHeap(word) && ReadTcache(memory, word, layout) is { } cache)
                {
                    caches[word] = cache;
                }
            }

            threads.Add(new MallocThread(pointer, 0, arena));
        }

        return NameThreads(memory, threads, tids);
    }

    /// <summary>The tcache whose structure is the used block at <paramref name="user"/>; null when there is none.</summary>
    public static Tcache? ReadTcache(MemoryCache memory, ulong user, GlibcLayout layout) =>
        memory.TryReadWord(user - (ulong)layout.PointerSize, out ulong size) && TcacheLayout.OfChunk(size & ~7UL, layout) is { } form
            ? Tcache.Read(memory, user, form, layout)
            : null;

    // The storage ends at the pointer; a page of it that was never touched ends what is looked at.
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

    // struct pthread begins at the pointer and has the thread's number somewhere: at the offset where all threads have one.
    private static List<MallocThread> NameThreads(MemoryCache memory, List<MallocThread> threads, IReadOnlySet<int> tids)
    {
        for (int offset = 0; offset < DescriptorBytes && threads.Count != 0; offset += sizeof(int))
        {
            var named = new List<MallocThread>(threads.Count);
            foreach (MallocThread thread in threads)
            {
                if (!memory.TryReadInt(thread.ThreadPointer + (ulong)offset, out uint tid) || !tids.Contains((int)tid))
                {
                    break;
                }

                named.Add(thread with { Tid = (int)tid });
            }

            if (named.Count == threads.Count && named.Select(t => t.Tid).Distinct().Count() == named.Count)
            {
                return named;
            }
        }

        return threads;
    }
}
