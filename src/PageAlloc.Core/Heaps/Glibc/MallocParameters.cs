using System.Buffers.Binary;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>struct malloc_par, the variable mp_ of a libc: what is kept for all arenas. source: malloc/malloc.c</summary>
/// <param name="Address">Its address.</param>
/// <param name="MmapThreshold">Requests from here on get a mapping of their own, in bytes.</param>
/// <param name="TrimThreshold">A top chunk is given back above this, in bytes: that of the main arena by free, those of threads by heap_trim.</param>
/// <param name="SbrkBase">The first break that malloc got; 0 when it never used it.</param>
/// <param name="MmappedBlocks">Blocks that are mappings of their own.</param>
/// <param name="MmappedBytes">The size of those mappings.</param>
public sealed record MallocParameters(ulong Address, ulong MmapThreshold, ulong TrimThreshold, ulong SbrkBase, ulong MmappedBlocks, ulong MmappedBytes)
{
    /// <summary>Both thresholds where nothing has changed them, in bytes. source: DEFAULT_MMAP_THRESHOLD_MIN, DEFAULT_TRIM_THRESHOLD</summary>
    public const ulong UsualThreshold = 128 << 10;

    /// <summary>Whether the thresholds grow when a mmapped block is freed: so long as nobody set one of them.</summary>
    public bool IsDynamic { get; private init; }

    /// <summary>The most arenas, as somebody has set it; 0 when nobody has.</summary>
    public ulong ArenaMax { get; private init; }

    /// <summary>How many blocks of a size a tcache keeps; null where there are no tcaches.</summary>
    public ulong? TcacheCount { get; private init; }

    /// <summary>The size of the huge pages that malloc asks the kernel for; 0 when it does not, or that is not known.</summary>
    public ulong HugePageSize { get; private init; }

    /// <summary>The bytes that it takes in a snapshot at least.</summary>
    internal const int LeastRecord = 10;

    /// <summary>The offsets that it was read by; nothing of a snapshot.</summary>
    internal MallocParLayout Layout { get; init; }

    /// <summary>
    /// Finds it in the library's data, by values that are the usual ones in nearly every process. Read by another release's
    /// layout, a few bytes off, some look right too: the place with most of them wins.
    /// </summary>
    /// <param name="pages">The target's memory.</param>
    /// <param name="data">The writable mapping of the library that holds the main arena.</param>
    /// <param name="sbrkBase">The first break; null when it is not known.</param>
    /// <param name="pointerSize">The size of a pointer.</param>
    internal static MallocParameters? Find(IMemory pages, AddressRange data, ulong? sbrkBase, int pointerSize)
    {
        const ulong maxData = 64 << 20;
        const int leastLikely = 4;
        var bytes = new byte[(int)Math.Min(data.Length, maxData)];
        pages.ReadPages(data.Start, bytes, new PageAccess[bytes.Length / pages.PageSize]);
        MallocParameters? found = null;
        int best = leastLikely - 1;
        foreach (MallocParLayout layout in MallocParLayout.Known(pointerSize))
        {
            for (int at = 0; at + layout.SbrkBase + (5 * pointerSize) <= bytes.Length; at += pointerSize)
            {
                ReadOnlySpan<byte> candidate = bytes.AsSpan(at);
                if (CanBe(candidate, layout, sbrkBase, pointerSize, (ulong)pages.PageSize)
                    && Likelihood(candidate, layout, (ulong)at, sbrkBase, pointerSize) is var likelihood && likelihood > best)
                {
                    best = likelihood;
                    found = Of(data.Start + (ulong)at, candidate, layout, pointerSize);
                }
            }
        }

        return found;
    }

    /// <summary>Reads it where it is known to be; null when that can't be read.</summary>
    internal static MallocParameters? Read(MemoryCache memory, ulong address, MallocParLayout layout)
    {
        const int mostBytes = 4096;
        var bytes = new byte[Math.Clamp(layout.Size, 0, mostBytes)];
        int end = Math.Max(Math.Max(layout.Mmaps + sizeof(int), layout.MmappedMem + memory.PointerSize), layout.SbrkBase + memory.PointerSize);
        return Math.Max(end, layout.TcacheBins + (3 * memory.PointerSize)) <= bytes.Length && 5 * memory.PointerSize <= bytes.Length && memory.TryRead(address, bytes)
            ? Of(address, bytes, layout, memory.PointerSize)
            : null;
    }

    /// <summary>Writes it to a snapshot, without the layout, which is of no use there.</summary>
    internal void Write(SectionWriter w)
    {
        foreach (ulong number in new[] { Address, MmapThreshold, TrimThreshold, SbrkBase, MmappedBlocks, MmappedBytes, ArenaMax, HugePageSize })
        {
            w.Number(number);
        }

        w.Bool(IsDynamic);
        w.Optional(TcacheCount);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    internal static MallocParameters Read(SectionReader r) => new(r.Number(), r.Number(), r.Number(), r.Number(), r.Number(), r.Number())
    {
        ArenaMax = r.Number(),
        HugePageSize = r.Number(),
        IsDynamic = r.Bool(),
        TcacheCount = r.OptionalNumber(),
    };

    private static MallocParameters Of(ulong address, ReadOnlySpan<byte> bytes, MallocParLayout layout, int w) => new(
        address,
        Word(bytes, 2 * w, w),
        Word(bytes, 0, w),
        Word(bytes, layout.SbrkBase, w),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[layout.Mmaps..]),
        Word(bytes, layout.MmappedMem, w))
    {
        Layout = layout,
        // Before 2.15 there are builds that have three words only.
        ArenaMax = layout.Mmaps >= 5 * w ? Word(bytes, 4 * w, w) : 0,

        // Behind tcache_bins stand tcache_max_bytes and tcache_count.
        TcacheCount = layout.TcacheBins == 0 ? null : Word(bytes, layout.TcacheBins + (2 * w), w),

        // From 2.35 on thp_pagesize, hp_pagesize and hp_flags stand before n_mmaps; until then only the five words do.
        HugePageSize = layout.Mmaps >= (8 * w) - 4 ? Word(bytes, layout.Mmaps - sizeof(int) - (2 * w), w) : 0,

        // no_dyn_threshold stands behind max_n_mmaps in every release.
        IsDynamic = Number(bytes, layout.MmapsMax + (2 * sizeof(uint))) == 0,
    };

    private static bool CanBe(ReadOnlySpan<byte> c, MallocParLayout layout, ulong? sbrkBase, int w, ulong pageSize)
    {
        if ((sbrkBase is { } known && Word(c, layout.SbrkBase, w) != known) || (layout.TcacheBins != 0 && Word(c, layout.TcacheBins, w) is not (64 or 76)))
        {
            return false;
        }

        // Behind each of the two counters stands the most that it has been: max_n_mmaps, max_mmapped_mem.
        ulong blocks = Number(c, layout.Mmaps);
        ulong bytes = Word(c, layout.MmappedMem, w);
        return Number(c, layout.MmapsMax + sizeof(uint)) >= blocks && Word(c, layout.MmappedMem + w, w) >= bytes
            && blocks <= int.MaxValue && (blocks == 0) == (bytes < pageSize) && bytes / pageSize >= blocks;
    }

    // arena_test, n_mmaps_max, top_pad and mmap_threshold, unless someone set them or, the last, it grew.
    // Compilers for x86 align what is as large as this to 32 bytes.
    private static int Likelihood(ReadOnlySpan<byte> c, MallocParLayout layout, ulong offset, ulong? sbrkBase, int w) =>
        (Word(c, 3 * w, w) == (w == 8 ? 8UL : 2UL) ? 2 : 0) + (Number(c, layout.MmapsMax) == 65536 ? 2 : 0)
        + (Word(c, w, w) == 128 << 10 ? 2 : 0) + (Word(c, 2 * w, w) is >= 128 << 10 and <= 32 << 20 ? 2 : 0)
        + (offset % 32 == 0 ? 1 : 0)
        // Until 2.23 a word stands before sbrk_base that is 0: that of two rows in which there is any is the right one.
        + (sbrkBase is null && Word(c, layout.SbrkBase, w) != 0 ? 1 : 0);

    private static uint Number(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static ulong Word(ReadOnlySpan<byte> bytes, int offset, int w) => w == 8
        ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..])
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
