namespace PageAlloc.Heaps.Glibc;

/// <summary>Offsets in struct malloc_par that differ between releases. Before them stand five words, the same in all of them.</summary>
/// <param name="Mmaps">Of n_mmaps.</param>
/// <param name="MmapsMax">Of n_mmaps_max.</param>
/// <param name="MmappedMem">Of mmapped_mem.</param>
/// <param name="SbrkBase">Of sbrk_base.</param>
/// <param name="TcacheBins">Of tcache_bins; 0 where there are no tcaches.</param>
/// <param name="Size">The size of the structure.</param>
internal readonly record struct MallocParLayout(int Mmaps, int MmapsMax, int MmappedMem, int SbrkBase, int TcacheBins, int Size)
{
    // Newest release first. source: malloc/malloc.c of glibc 2.12 to 2.43
    private static readonly MallocParLayout[] s_known64 =
    [
        new(68, 72, 88, 104, 112, 144), new(60, 64, 80, 96, 104, 136), new(40, 44, 56, 72, 80, 112), new(40, 44, 56, 72, 0, 80),
        new(40, 44, 56, 80, 0, 88),
    ];

    private static readonly MallocParLayout[] s_known32 =
    [
        new(36, 40, 52, 60, 64, 80), new(32, 36, 48, 56, 60, 76), new(20, 24, 36, 44, 48, 64), new(20, 24, 36, 44, 0, 48),
        new(20, 24, 36, 48, 0, 52),
    ];

    /// <summary>The rows of releases that a pointer of that size can have.</summary>
    public static IReadOnlyList<MallocParLayout> Known(int pointerSize) => pointerSize == 8 ? s_known64 : s_known32;
}
