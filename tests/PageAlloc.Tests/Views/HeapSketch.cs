using System.Buffers.Binary;
using System.Text;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Targets;
using PageAlloc.Views;

namespace PageAlloc.Tests.Views;

/// <summary>A heap that is only told to views, block by block: an arena of one segment, and what fills it.</summary>
internal sealed class HeapSketch
{
    public const ulong ArenaAddress = 0x7f0000000c60;

    private readonly List<Block> _blocks = [];
    private ulong _end;

    public HeapSketch(ulong start = 0x10000, GlibcLayout? layout = null)
    {
        Start = _end = start;
        Layout = layout ?? GlibcLayout.Known(8)[0];
    }

    public ulong Start { get; }

    public GlibcLayout Layout { get; }

    public IReadOnlyList<Block> Blocks => _blocks;

    /// <summary>Adds blocks of one size, one behind the other.</summary>
    public HeapSketch Add(BlockState state, ulong size, int count = 1)
    {
        for (int i = 0; i < count; i++)
        {
            _blocks.Add(new Block(_end, size, state));
            _end += size;
        }

        return this;
    }

    public Segment Segment => new(new AddressRange(Start, _end), Start);

    public Arena Arena(ulong address = ArenaAddress, bool isMain = true, ulong attached = 1, params int[] threads) => Arena(address, [Segment], isMain, attached, threads);

    public Arena Arena(ulong address, IReadOnlyList<Segment> segments, bool isMain, ulong attached, params int[] threads)
    {
        ulong top = _blocks.FirstOrDefault(b => b.State == BlockState.Top).Address;
        return Make(Layout, address, top, segments, isMain, attached, threads);
    }

    public static Arena Make(
        GlibcLayout layout, ulong address, ulong top, IReadOnlyList<Segment> segments, bool isMain, ulong attached, params int[] threads)
    {
        var state = new byte[layout.StateSize];
        Put(state, layout.TopOffset, top);
        Put(state, layout.AttachedThreadsOffset, attached);
        Put(state, layout.SystemMemOffset, segments.Aggregate(0UL, (sum, s) => sum + s.Range.Length));
        using var cache = new MemoryCache(new OneObject(address, state), layout.PointerSize);
        return new Arena
        {
            State = ArenaState.Read(cache, address, layout)!,
            IsMain = isMain,
            Library = Encoding.UTF8.GetBytes("/lib/libc.so.6"),
            Layout = layout,
            Segments = segments,
            Threads = threads,
            Problems = [],
        };

        void Put(byte[] bytes, int offset, ulong word)
        {
            if (layout.PointerSize == 8)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), word);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), (uint)word);
            }
        }
    }

    public static HeapSet Set(params Arena[] arenas) => new() { Allocator = "glibc", Arenas = arenas };

    /// <summary>Tells the segment and its blocks to a sink.</summary>
    public void Tell(IBlockSink sink, Arena arena)
    {
        sink.BeginSegment(arena, Segment);
        foreach (Block block in _blocks)
        {
            sink.Add(block);
        }

        sink.EndSegment();
    }

    /// <summary>What the heap map makes of it.</summary>
    public string Map(MapOptions options) => Shown.Text(output =>
    {
        Arena arena = Arena();
        Tell(new HeapMapView(Set(arena), null, options, output), arena);
    });

    /// <summary>The sums of the arena, as a walk would give them.</summary>
    public ArenaTotals Totals(Arena arena)
    {
        var totals = new ArenaTotals(arena);
        _blocks.ForEach(block => totals.Add(in block));
        return totals;
    }

    /// <summary>Memory that holds one object and is zero elsewhere.</summary>
    private sealed class OneObject(ulong address, byte[] bytes) : IMemory
    {
        public int PageSize => 4096;

        public void ReadPages(ulong start, Span<byte> buffer, Span<PageAccess> access)
        {
            access.Fill(PageAccess.Data);
            for (int i = 0; i < buffer.Length; i++)
            {
                ulong offset = unchecked(start + (ulong)i - address);
                buffer[i] = offset < (ulong)bytes.Length ? bytes[(int)offset] : (byte)0;
            }
        }

        public void Dispose()
        {
        }
    }
}
