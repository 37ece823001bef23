namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// Where things are in a glibc's malloc, as data. Layouts are told by evidence, never by version number: distributions carry
/// layout changes back. Relative to the bins all releases agree; what differs is what stands before them.
/// source: malloc/malloc.c, malloc/arena.c, of glibc 2.12 to 2.43
/// </summary>
public sealed record GlibcLayout
{
    /// <summary>Bins of an arena; each is two words, and number 0 does not exist.</summary>
    public const int BinCount = 128;

    /// <summary>The words of the bins array: bins 1 to 127.</summary>
    public const int BinWords = 254;

    /// <summary>The flag of an arena whose segments need not follow each other. source: NONCONTIGUOUS_BIT</summary>
    public const uint NonContiguous = 2;

    /// <summary>The size of a pointer in bytes.</summary>
    public required int PointerSize { get; init; }

    /// <summary>The offset of the bins in struct malloc_state: what tells the row of releases.</summary>
    public required int BinsOffset { get; init; }

    /// <summary>The alignment of chunk sizes and of user pointers. source: MALLOC_ALIGNMENT; 8 on i386 until 2.25</summary>
    public required int Alignment { get; init; }

    /// <summary>Fastbins; 0 since 2.43.</summary>
    public required int FastbinCount { get; init; }

    /// <summary>Whether struct malloc_state has attached_threads (since 2.23).</summary>
    public bool HasAttachedThreads { get; init; } = true;

    /// <summary>Whether the links of fastbins and tcaches are mangled (since 2.32): told by lists that end one way only.</summary>
    public bool SafeLinking { get; init; } = true;

    /// <summary>The size of a chunk's header: what lies between a chunk and the pointer that malloc returns.</summary>
    public int HeaderSize => 2 * PointerSize;

    /// <summary>The smallest chunk.</summary>
    public ulong MinimumSize => (ulong)(4 * PointerSize);

    /// <summary>The offset of the pointer to the top chunk.</summary>
    public int TopOffset => BinsOffset - (2 * PointerSize);

    /// <summary>The offset of the first fastbin.</summary>
    public int FastbinsOffset => BinsOffset - ((2 + FastbinCount) * PointerSize);

    /// <summary>The offset of the pointer to the next arena of the ring: behind the bins and the binmap.</summary>
    public int NextOffset => BinsOffset + (BinWords * PointerSize) + (BinCount / 8);

    /// <summary>The offset of the number of threads attached.</summary>
    public int AttachedThreadsOffset => NextOffset + (2 * PointerSize);

    /// <summary>The offset of the bytes obtained from the system.</summary>
    public int SystemMemOffset => AttachedThreadsOffset + (HasAttachedThreads ? PointerSize : 0);

    /// <summary>The size of struct malloc_state.</summary>
    public int StateSize => SystemMemOffset + (2 * PointerSize);

    /// <summary>Chunk sizes from here on are in large bins. source: MIN_LARGE_SIZE</summary>
    public ulong LargeSize => PointerSize == 8 ? 1024UL : Alignment == 16 ? 1008UL : 512UL;

    /// <summary>A user pointer of the target is a multiple of the alignment; the first chunk at or behind <paramref name="address"/>.</summary>
    public ulong FirstChunk(ulong address)
    {
        ulong mask = (ulong)Alignment - 1;
        return ((address + (ulong)HeaderSize + mask) & ~mask) - (ulong)HeaderSize;
    }

    /// <summary>The rows of releases that a pointer of that size can have.</summary>
    public static IReadOnlyList<GlibcLayout> Known(int pointerSize) => pointerSize == 8 ? s_known64 : s_known32;

    private static readonly GlibcLayout[] s_known64 =
    [
        new() { PointerSize = 8, BinsOffset = 112, Alignment = 16, FastbinCount = 10 },
        new() { PointerSize = 8, BinsOffset = 24, Alignment = 16, FastbinCount = 0 },
        new() { PointerSize = 8, BinsOffset = 104, Alignment = 16, FastbinCount = 10 },
        new() { PointerSize = 8, BinsOffset = 104, Alignment = 16, FastbinCount = 10, HasAttachedThreads = false },
    ];

    private static readonly GlibcLayout[] s_known32 =
    [
        new() { PointerSize = 4, BinsOffset = 64, Alignment = 16, FastbinCount = 11 },
        new() { PointerSize = 4, BinsOffset = 16, Alignment = 16, FastbinCount = 0 },
        new() { PointerSize = 4, BinsOffset = 60, Alignment = 16, FastbinCount = 11 },
        new() { PointerSize = 4, BinsOffset = 56, Alignment = 8, FastbinCount = 10 },
        new() { PointerSize = 4, BinsOffset = 56, Alignment = 8, FastbinCount = 10, HasAttachedThreads = false },
    ];
}
