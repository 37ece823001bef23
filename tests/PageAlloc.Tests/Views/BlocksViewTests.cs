using System.Globalization;
using CsCheck;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>A row for each block.</summary>
public sealed class BlocksViewTests
{
    private static readonly MmappedBlock s_mmapped = new(new AddressRange(0x7f0020000000, 0x7f0020022000), 0x7f0020000ff0, 0x7f0020001000, 0x21000);

    private static readonly HeapSketch s_heap = new HeapSketch(0x55d0c1234000)
        .Add(BlockState.Overhead, 2256).Add(BlockState.Used, 32).Add(BlockState.Tcache, 64).Add(BlockState.Fast, 48).Add(BlockState.Unsorted, 1040)
        .Add(BlockState.Small, 512).Add(BlockState.Large, 4096).Add(BlockState.Unknown, 4096).Add(BlockState.Used, 1 << 20)
        .Add(BlockState.Top, 0x20000).Add(BlockState.Fencepost, 16, 2);

    [Fact]
    public void Comma_separated() => Assert.Equal(
        """
        address,size,usable,state,arena
        0x55d0c12348e0,32,24,used,0x7f0000000c60
        0x55d0c1234900,64,56,tcache,0x7f0000000c60
        0x55d0c1234940,48,40,fast,0x7f0000000c60
        0x55d0c1234970,1040,0,unsorted,0x7f0000000c60
        0x55d0c1234d80,512,0,small,0x7f0000000c60
        0x55d0c1234f80,4096,0,large,0x7f0000000c60
        0x55d0c1235f80,4096,0,unknown,0x7f0000000c60
        0x55d0c1236f80,1048576,1048568,used,0x7f0000000c60
        0x55d0c1336f80,131072,0,top,0x7f0000000c60
        0x55d0c1356f80,16,0,fencepost,0x7f0000000c60
        0x55d0c1356f90,16,0,fencepost,0x7f0000000c60
        0x7f0020001000,135184,135168,mmapped,

        """,
        Rows(BlockFormat.Csv, new BlockFilter()));

    [Fact]
    public void Json_lines() => Assert.Equal(
        """
        {"address":"0x55d0c12348e0","size":32,"usable":24,"state":"used","arena":"0x7f0000000c60"}
        {"address":"0x55d0c1236f80","size":1048576,"usable":1048568,"state":"used","arena":"0x7f0000000c60"}
        {"address":"0x7f0020001000","size":135184,"usable":135168,"state":"mmapped","arena":null}

        """,
        Rows(BlockFormat.JsonLines, new BlockFilter { States = [BlockState.Used, BlockState.Mmapped] }));

    [Fact]
    public void Columns_for_people() => Assert.Equal(
        """
        address                     size        usable  state      arena
        0x55d0c12348e0                32            24  used       0x7f0000000c60
        0x55d0c1236f80           1048576       1048568  used       0x7f0000000c60
        0x7f0020001000            135184        135168  mmapped

        """,
        Rows(BlockFormat.Text, new BlockFilter { States = [BlockState.Used, BlockState.Mmapped] }));

    [Fact]
    public void The_longest_numbers_have_room()
    {
        HeapSketch heap = new HeapSketch(0xfffffffffffff000 - (1UL << 62)).Add(BlockState.Used, 1UL << 62);
        foreach (BlockFormat format in Enum.GetValues<BlockFormat>())
        {
            string text = Text(output => heap.Tell(new BlocksView(format, new BlockFilter(), output), heap.Arena(0xfffffffffffff000)));
            Assert.Contains("4611686018427387904", text, StringComparison.Ordinal);
            Assert.Contains("0xfffffffffffff000", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void On_i386_a_header_is_of_eight_bytes()
    {
        HeapSketch heap = new HeapSketch(0x9000008, GlibcLayout.Known(4)[0]).Add(BlockState.Used, 32).Add(BlockState.Fencepost, 8);
        Assert.Equal(
            "address,size,usable,state,arena\n0x9000010,32,28,used,0xf7000740\n0x9000030,8,0,fencepost,0xf7000740\n",
            Text(output => heap.Tell(new BlocksView(BlockFormat.Csv, new BlockFilter(), output), heap.Arena(0xf7000740))));
    }

    [Theory]
    [InlineData(4096, 5)]
    [InlineData(4097, 3)]
    [InlineData(1 << 20, 1)]
    [InlineData((1 << 20) + 1, 0)]
    public void Smaller_chunks_can_be_left_out(ulong size, int rows) =>
        Assert.Equal(rows, Rows(BlockFormat.JsonLines, new BlockFilter { MinimumSize = size }).Count(c => c == '\n'));

    [Fact]
    public void One_arena_can_be_picked_and_has_no_mmapped_blocks()
    {
        Assert.Equal("", Rows(BlockFormat.JsonLines, new BlockFilter { Arena = 1 }));
        Assert.Equal(11, Rows(BlockFormat.JsonLines, new BlockFilter { Arena = HeapSketch.ArenaAddress }).Count(c => c == '\n'));
    }

    [Fact]
    public void States_have_names_and_overhead_is_none()
    {
        Assert.Equal("used tcache fast unsorted small large top mmapped fencepost unknown", string.Join(' ', BlockFilter.StateNames));
        Assert.All(BlockFilter.StateNames, name => Assert.Equal(name, BlockFilter.NameOf(BlockFilter.StateOf(name)!.Value)));
        Assert.Null(BlockFilter.StateOf("overhead"));
    }

    // Each byte of a segment is in one row, or overhead.
    [Fact]
    public void The_sizes_of_the_rows_add_up() =>
        Gen.Select(Gen.Enum<BlockState>(), Gen.Int[1, 5000]).Array[1, 100].Sample(
            blocks =>
            {
                var heap = new HeapSketch();
                foreach ((BlockState state, int units) in blocks)
                {
                    heap.Add(state, (ulong)units * 16);
                }

                string csv = Text(output => heap.Tell(new BlocksView(BlockFormat.Csv, new BlockFilter(), output), heap.Arena()));
                ulong overhead = heap.Blocks.Where(b => b.State == BlockState.Overhead).Aggregate(0UL, (sum, b) => sum + b.Size);
                ulong rows = csv.TrimEnd('\n').Split('\n').Skip(1).Aggregate(0UL, (sum, row) => sum + ulong.Parse(row.Split(',')[1], CultureInfo.InvariantCulture));
                Assert.Equal(heap.Segment.Range.Length, rows + overhead);
            },
            iter: 200);

    [Fact]
    public void Nothing_is_allocated_for_a_row()
    {
        var output = new Discard();
        var view = new BlocksView(BlockFormat.Csv, new BlockFilter(), output);
        view.BeginSegment(s_heap.Arena(), s_heap.Segment);
        view.Add(s_heap.Blocks[1]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100_000; i++)
        {
            view.Add(s_heap.Blocks[1]);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    private static string Rows(BlockFormat format, BlockFilter filter) => Text(output =>
    {
        var view = new BlocksView(format, filter, output);
        s_heap.Tell(view, s_heap.Arena());
        view.Add(s_mmapped);
    });

    private sealed class Discard : System.Buffers.IBufferWriter<byte>
    {
        private readonly byte[] _bytes = new byte[4096];

        public void Advance(int count)
        {
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => _bytes;

        public Span<byte> GetSpan(int sizeHint = 0) => _bytes;
    }
}
