namespace PageAlloc.Heaps.Glibc;

/// <summary>Finds out whether the links of free lists are mangled: read the wrong way, no list ends.</summary>
internal static class LinkStyle
{
    private const int MaxLinks = 64;

    // Read the wrong way, each list of each thread ends in a problem.
    private const int MostThreads = 64;

    // source: malloc/malloc.c, since 2.32
    private static readonly Version s_firstMangled = new(2, 32);

    /// <summary>The layout with the style that the lists of the process prove; where there are none, with that of the release.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="layout">The layout, of either style.</param>
    /// <param name="version">The libc's release; null when it is not known.</param>
    /// <param name="arenas">The libc's arenas.</param>
    /// <param name="heaps">Where their segments are.</param>
    /// <param name="threads">How many threads there are.</param>
    /// <param name="countCached">Counts the blocks in whole lists of tcaches, read in a style, of so many threads.</param>
    public static GlibcLayout Find(
        MemoryCache memory,
        GlibcLayout layout,
        string? version,
        IReadOnlyList<Arena> arenas,
        RangeSet heaps,
        int threads,
        Func<GlibcLayout, int, int> countCached)
    {
        GlibcLayout mangled = layout with { SafeLinking = true };
        GlibcLayout plain = layout with { SafeLinking = false };
        if (layout.FastbinCount == 0)
        {
            return mangled;
        }

        int votes = 0;
        foreach (Arena arena in arenas)
        {
            for (int i = 0; i < layout.FastbinCount; i++)
            {
                ulong chunk = arena.State.Fastbin(i);
                votes += Ends(memory, mangled, chunk, heaps) - Ends(memory, plain, chunk, heaps);
            }
        }

        votes += Cached(Math.Min(MostThreads, threads));
        votes = votes != 0 ? votes : Cached(threads);
        bool isOld = Version.TryParse(version, out Version? release) && release < s_firstMangled;
        return votes < 0 || (votes == 0 && isOld) ? plain : mangled;

        int Cached(int most) => countCached(mangled, most) - countCached(plain, most);
    }

    // A list that leads through the heap for so long is read the right way too, be it longer.
    private static int Ends(MemoryCache memory, GlibcLayout layout, ulong chunk, RangeSet heaps)
    {
        int links = 0;
        for (; chunk != 0 && links < MaxLinks; links++)
        {
            ulong position = chunk + (ulong)layout.HeaderSize;
            if (position % (ulong)layout.Alignment != 0 || !heaps.Contains(chunk) || !memory.TryReadWord(position, out ulong stored))
            {
                return 0;
            }

            chunk = ListLink.Decode(stored, position, layout);
        }

        return links == 0 ? 0 : 1;
    }
}
