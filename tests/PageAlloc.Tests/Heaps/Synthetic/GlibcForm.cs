using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Tests.Heaps.Synthetic;

/// <summary>What differs between the mallocs of glibc's releases, the first release of each form; the numbers are those of the reference, not of the code under test.</summary>
/// <param name="Release">The first release of the form, with the size of a pointer.</param>
/// <param name="Layout">The layout of struct malloc_state, with the style of links.</param>
/// <param name="StateSize">The size of struct malloc_state.</param>
/// <param name="Par">The layout of struct malloc_par.</param>
/// <param name="HeapInfoSize">The size of struct _heap_info.</param>
/// <param name="Tcache">The form of tcaches; null before 2.26.</param>
/// <param name="TcacheChunk">The size of the chunk that a tcache is in.</param>
internal sealed record GlibcForm(
    string Release, GlibcLayout Layout, int StateSize, MallocParLayout Par, int HeapInfoSize, TcacheLayout? Tcache, int TcacheChunk)
{
    private static readonly TcacheLayout s_u8 = new(64, 1, false), s_u16 = new(64, 2, false), s_slots = new(76, 2, true);

    public static IReadOnlyList<GlibcForm> All { get; } =
    [
        Form64("2.15", 104, 10, false, 2184, new(40, 44, 56, 80, 0, 88), 32, null, 0, attached: false),
        Form64("2.23", 104, 10, false, 2192, new(40, 44, 56, 80, 0, 88), 32, null, 0),
        Form64("2.24", 104, 10, false, 2192, new(40, 44, 56, 72, 0, 80), 32, null, 0),
        Form64("2.26", 104, 10, false, 2192, new(40, 44, 56, 72, 80, 112), 32, s_u8, 0x250),
        Form64("2.27", 112, 10, false, 2200, new(40, 44, 56, 72, 80, 112), 32, s_u8, 0x250),
        Form64("2.30", 112, 10, false, 2200, new(40, 44, 56, 72, 80, 112), 32, s_u16, 0x290),
        Form64("2.32", 112, 10, true, 2200, new(40, 44, 56, 72, 80, 112), 32, s_u16, 0x290),
        Form64("2.35", 112, 10, true, 2200, new(60, 64, 80, 96, 104, 136), 48, s_u16, 0x290),
        Form64("2.42", 112, 10, true, 2200, new(60, 64, 80, 96, 104, 136), 48, s_slots, 0x300),
        Form64("2.43", 24, 0, true, 2112, new(68, 72, 88, 104, 112, 144), 48, s_slots, 0x300),
        Form64("2.43, padded twice", 24, 0, true, 2112, new(68, 72, 88, 104, 112, 144), 48, s_slots, 0x310),
        Form32("2.15", 56, 10, false, 1104, new(20, 24, 36, 48, 0, 52), 16, null, 0, attached: false),
        Form32("2.23", 56, 10, false, 1108, new(20, 24, 36, 48, 0, 52), 16, null, 0),
        Form32("2.24", 56, 10, false, 1108, new(20, 24, 36, 44, 0, 48), 16, null, 0),
        Form32("2.26", 60, 11, false, 1112, new(20, 24, 36, 44, 48, 64), 24, s_u8, 0x150),
        Form32("2.27", 64, 11, false, 1116, new(20, 24, 36, 44, 48, 64), 24, s_u8, 0x150),
        Form32("2.30", 64, 11, false, 1116, new(20, 24, 36, 44, 48, 64), 24, s_u16, 0x190),
        Form32("2.32", 64, 11, true, 1116, new(20, 24, 36, 44, 48, 64), 24, s_u16, 0x190),
        Form32("2.35", 64, 11, true, 1116, new(32, 36, 48, 56, 60, 76), 24, s_u16, 0x190),
        Form32("2.42", 64, 11, true, 1116, new(32, 36, 48, 56, 60, 76), 24, s_slots, 0x1d0),
        Form32("2.43", 16, 0, true, 1068, new(36, 40, 52, 60, 64, 80), 24, s_slots, 0x1d0),
        Form32("2.43, padded twice", 16, 0, true, 1068, new(36, 40, 52, 60, 64, 80), 24, s_slots, 0x1e0),
    ];

    public int Word => Layout.PointerSize;

    public ulong Header => 2 * (ulong)Word;

    public ulong MinSize => 4 * (ulong)Word;

    public ulong Alignment => (ulong)Layout.Alignment;

    /// <summary>How far apart the places of thread arenas' heaps are. source: HEAP_MAX_SIZE</summary>
    public ulong HeapMax => Word == 8 ? 64UL << 20 : 1UL << 20;

    /// <summary>The lowest address from <paramref name="start"/> on at which a chunk can begin: what malloc returns is aligned.</summary>
    public ulong FirstChunk(ulong start)
    {
        while ((start + Header) % Alignment != 0)
        {
            start++;
        }

        return start;
    }

    /// <summary>The size of a chunk as small as can be, and some units more.</summary>
    public ulong Size(int units) => MinSize + ((ulong)units * Alignment);

    /// <summary>The bin of a free chunk. source: malloc/malloc.c, bin_index</summary>
    public int BinOf(ulong size)
    {
        (ulong small, int most, int first) = (Word, Alignment) switch
        {
            (8, _) => (1024UL, 48, 48),
            (_, 8) => (512UL, 38, 56),
            _ => (1008UL, 45, 49),
        };
        return size < small ? (int)(size / Alignment) + (Word == 4 && Alignment == 16 ? 1 : 0)
            : (int)(size >> 6) <= most ? first + (int)(size >> 6)
            : size >> 9 <= 20 ? 91 + (int)(size >> 9)
            : size >> 12 <= 10 ? 110 + (int)(size >> 12)
            : size >> 15 <= 4 ? 119 + (int)(size >> 15)
            : size >> 18 <= 2 ? 124 + (int)(size >> 18)
            : 126;
    }

    /// <summary>The smallest size of large bins.</summary>
    public ulong Large => (Word, Alignment) switch { (8, _) => 1024, (_, 8) => 512, _ => 1008 };

    public override string ToString() => $"{Release}, {8 * Word} bit";

    private static GlibcForm Form64(
        string release, int bins, int fastbins, bool safe, int size, MallocParLayout par, int heapInfo, TcacheLayout? tcache, int chunk, bool attached = true) =>
        new(release, Layouts(8, bins, 16, fastbins, safe, attached), size, par, heapInfo, tcache, chunk);

    private static GlibcForm Form32(
        string release, int bins, int fastbins, bool safe, int size, MallocParLayout par, int heapInfo, TcacheLayout? tcache, int chunk, bool attached = true) =>
        new(release, Layouts(4, bins, fastbins == 10 ? 8 : 16, fastbins, safe, attached), size, par, heapInfo, tcache, chunk);

    private static GlibcLayout Layouts(int word, int bins, int alignment, int fastbins, bool safe, bool attached) => new()
    {
        PointerSize = word,
        BinsOffset = bins,
        Alignment = alignment,
        FastbinCount = fastbins,
        SafeLinking = safe,
        HasAttachedThreads = attached,
    };
}
