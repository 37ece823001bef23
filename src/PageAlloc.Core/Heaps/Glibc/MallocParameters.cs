using System.Buffers.Binary;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>struct malloc_par, the variable mp_ of a libc: what is kept for all arenas. source: malloc/malloc.c</summary>
/// <param name="Address">Its address.</param>
/// <param name="MmapThreshold">Requests from here on get a mapping of their own, in bytes.</param>
/// <param name="TrimThreshold">The top of the main arena is given back above this, in bytes.</param>
/// <param name="SbrkBase">The first break that malloc got; 0 when it never used it.</param>
/// <param name="MmappedBlocks">Blocks that are mappings of their own.</param>
/// <param name="MmappedBytes">The size of those mappings.</param>
public sealed record MallocParameters(ulong Address, ulong MmapThreshold, ulong TrimThreshold, ulong SbrkBase, ulong MmappedBlocks, ulong MmappedBytes)
{
    // Offsets of n_mmaps, n_mmaps_max, mmapped_mem, sbrk_base and tcache_bins (0: none), newest release first.
    private static readonly Row[] s_rows64 =
    [
        new(68, 72, 88, 104, 112), new(60, 64, 80, 96, 104), new(40, 44, 56, 72, 80), new(40, 44, 56, 72, 0), new(40, 44, 56, 80, 0),
    ];

    private static readonly Row[] s_rows32 =
    [
        new(36, 40, 52, 60, 64), new(32, 36, 48, 56, 60), new(20, 24, 36, 44, 48), new(20, 24, 36, 44, 0), new(20, 24, 36, 48, 0),
    ];

    /// <summary>
    /// Finds it in the library's data: by the first break, where the main arena tells it, and by values that are the usual
    /// ones in nearly every process. Of several candidates the one with most of these wins.
    /// </summary>
    /// <param name="pages">The target's memory.</param>
    /// <param name="data">The writable mapping of the library that holds the main arena.</param>
    /// <param name="sbrkBase">The first break; null when the main arena does not tell it.</param>
    /// <param name="pointerSize">The size of a pointer.</param>
    internal static MallocParameters? Find(IMemory pages, AddressRange data, ulong? sbrkBase, int pointerSize)
    {
        const ulong maxData = 64 << 20;
        var bytes = new byte[(int)Math.Min(data.Length, maxData)];
        pages.ReadPages(data.Start, bytes, new PageAccess[bytes.Length / pages.PageSize]);
        MallocParameters? found = null;
        int best = 1;
        foreach (Row row in pointerSize == 8 ? s_rows64 : s_rows32)
        {
            for (int at = 0; at + row.SbrkBase + (5 * pointerSize) <= bytes.Length; at += pointerSize)
            {
                ReadOnlySpan<byte> candidate = bytes.AsSpan(at);
                if (CanBe(candidate, row, sbrkBase, pointerSize, (ulong)pages.PageSize) && UsualValues(candidate, row, pointerSize) is var usual && usual > best)
                {
                    best = usual;
                    found = new MallocParameters(
                        data.Start + (ulong)at,
                        Word(candidate, 2 * pointerSize, pointerSize),
                        Word(candidate, 0, pointerSize),
                        Word(candidate, row.SbrkBase, pointerSize),
                        Number(candidate, row.Mmaps),
                        Word(candidate, row.MmappedMem, pointerSize));
                }
            }
        }

        return found;
    }

    private static bool CanBe(ReadOnlySpan<byte> c, Row row, ulong? sbrkBase, int w, ulong pageSize)
    {
        if ((sbrkBase is { } known && Word(c, row.SbrkBase, w) != known) || (row.TcacheBins != 0 && Word(c, row.TcacheBins, w) is not (64 or 76)))
        {
            return false;
        }

        ulong blocks = Number(c, row.Mmaps);
        ulong bytes = Word(c, row.MmappedMem, w);
        bool isRecordKept = Number(c, row.MmapsMax + sizeof(uint)) >= blocks && Word(c, row.MmappedMem + w, w) >= bytes;
        return isRecordKept && blocks <= int.MaxValue && (blocks == 0) == (bytes < pageSize) && bytes / pageSize >= blocks;
    }

    // arena_test, n_mmaps_max, top_pad and mmap_threshold, unless someone set them or, the last, it grew.
    private static int UsualValues(ReadOnlySpan<byte> c, Row row, int w) =>
        (Word(c, 3 * w, w) == (w == 8 ? 8UL : 2UL) ? 1 : 0) + (Number(c, row.MmapsMax) == 65536 ? 1 : 0)
        + (Word(c, w, w) == 128 << 10 ? 1 : 0) + (Word(c, 2 * w, w) is >= 128 << 10 and <= 32 << 20 ? 1 : 0);

    private static uint Number(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static ulong Word(ReadOnlySpan<byte> bytes, int offset, int w) => w == 8
        ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..])
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private readonly record struct Row(int Mmaps, int MmapsMax, int MmappedMem, int SbrkBase, int TcacheBins);
}
