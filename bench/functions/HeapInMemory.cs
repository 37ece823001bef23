using System.Buffers.Binary;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Targets;

namespace PageAlloc.Benchmarks;

/// <summary>A main arena as glibc's malloc leaves it, of blocks of mixed sizes, each fifth in a small bin. Reading it is a copy.</summary>
internal sealed class HeapInMemory : IMemory
{
    public const int Blocks = 200_000;
    public const ulong Start = 0x5500_0000_0000, StateAddress = 0x5400_0000_0000;
    private const ulong InUse = 1, Word = 8;

    private readonly byte[] _heap;
    private readonly byte[] _state = new byte[4096];
    private readonly GlibcLayout _layout = GlibcLayout.Known(8)[0];

    /// <summary>The heap, made once.</summary>
    public static HeapInMemory Shared { get; } = new();

    private HeapInMemory()
    {
        ulong[] sizes = [.. Enumerable.Range(0, Blocks).Select(i => 32 + (16 * (ulong)(((uint)i * 0x9E37_79B1u) >> 28)))];
        ulong blocks = sizes.Aggregate(0UL, (sum, size) => sum + size);
        ulong end = (Start + blocks + (128 << 10) + 4095) & ~4095UL;
        _heap = new byte[end - Start];
        ulong[] last = [.. Enumerable.Range(0, GlibcLayout.BinCount).Select(HeadOf)];
        ulong chunk = Start;
        for (int i = 0; i < sizes.Length; i++)
        {
            bool isFree = i % 5 == 0, isAfterFree = i % 5 == 1;
            Put(chunk + Word, sizes[i] | (isAfterFree ? 0 : InUse));
            if (isAfterFree)
            {
                Put(chunk, sizes[i - 1]);
            }

            if (isFree)
            {
                ref ulong previous = ref last[sizes[i] / 16];
                Put(chunk + (3 * Word), previous);
                Put(previous + (2 * Word), chunk);
                previous = chunk;
            }

            chunk += sizes[i];
        }

        for (int bin = 1; bin < GlibcLayout.BinCount; bin++)
        {
            Put(last[bin] + (2 * Word), HeadOf(bin));
            Put(HeadOf(bin) + (3 * Word), last[bin]);
        }

        Put(chunk + Word, (end - chunk) | InUse);
        Put(StateAddress + (ulong)_layout.TopOffset, chunk);
        Put(StateAddress + (ulong)_layout.SystemMemOffset, end - Start);
    }

    public int PageSize => 4096;

    public int Length => _heap.Length;

    /// <summary>The arena and its lists, as they are found in a process.</summary>
    public (Arena Arena, FreeLists Lists, MemoryCache Cache) Find()
    {
        var cache = new MemoryCache(this, (int)Word);
        var arena = new Arena
        {
            State = ArenaState.Read(cache, StateAddress, _layout)!,
            IsMain = true,
            Library = default,
            Layout = _layout,
            Segments = [new Segment(new AddressRange(Start, Start + (ulong)_heap.Length), Start)],
            Threads = [],
            Problems = [],
        };
        var problems = new List<Problem>();
        var lists = new FreeLists();
        lists.Add(cache, arena.State, _layout, problems, null);
        lists.Complete(problems);
        return problems.Count == 0 ? (arena, lists, cache) : throw new InvalidDataException(problems[0].Text);
    }

    public void ReadPages(ulong address, Span<byte> buffer, Span<PageAccess> access)
    {
        (byte[] bytes, ulong start) = address >= Start ? (_heap, Start) : (_state, StateAddress);
        bytes.AsSpan((int)(address - start), buffer.Length).CopyTo(buffer);
        access.Fill(PageAccess.Data);
    }

    public void Dispose()
    {
    }

    private ulong HeadOf(int bin) => StateAddress + (ulong)_layout.BinsOffset + (2 * Word * (ulong)bin) - (4 * Word);

    private void Put(ulong address, ulong word)
    {
        (byte[] bytes, ulong start) = address >= Start ? (_heap, Start) : (_state, StateAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)(address - start)), word);
    }
}
