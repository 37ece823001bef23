using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Insight;
using PageAlloc.Pages;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>What pins free memory, on blocks and pages that are made up: who gets which byte, and how it is told.</summary>
public sealed class PinsViewTests
{
    // Free on the pages: 4032, all of the second, 2048 + 16, 0, 4080; the last one is swapped out.
    private static readonly HeapSketch s_heap = new HeapSketch()
        .Add(BlockState.Used, 64).Add(BlockState.Large, 4032 + 4096 + 2048)
        .Add(BlockState.Used, 1008, 2).Add(BlockState.Fast, 16).Add(BlockState.Used, 16 + 4096 + 16).Add(BlockState.Tcache, 4080 + 4096)
        .Add(BlockState.Overhead, 16).Add(BlockState.Small, 4080)
        .Add(BlockState.Used, 2048).Add(BlockState.Small, 2048);

    private static readonly MappingPages s_pages = Mapping(Run(PageKind.Anonymous, 7), Run(PageKind.Swapped, 1));

    [Fact]
    public void Each_page_is_shared_by_the_blocks_in_use_on_it()
    {
        HeapPins pins = Pins(s_heap, s_pages);
        Assert.Equal(
            [(0x12ff0UL, 4080UL + 688), (0x10000, 4032), (0x12800, 688), (0x12bf0, 688)],
            pins.Blocks.Select(b => (b.Block.Chunk, b.Block.Bytes)));
        Assert.Equal(4032UL + 2064 + 4080 + 4080, pins.TotalBytes);
        Assert.Equal((4UL, 4080UL, 4096UL), (pins.Pages, pins.OverheadBytes, pins.TcacheBytes));
    }

    [Fact]
    public void It_is_told_by_size() => Assert.Equal(
        """
          what pins free memory in RAM (13.9 KiB on 4 pages with blocks in use):
                    1 block of 4.0 KiB to 8.0 KiB    holds    4.7 KiB  e.g. 0x13000
                    1 block of 64 bytes              holds    3.9 KiB  e.g. 0x10010
                    2 blocks of 1008 bytes           hold     1.3 KiB  e.g. 0x12810
                      malloc's own structures        hold     4.0 KiB
          tcaches alone keep 4.0 KiB of pages without a block in use

        """,
        Text(output => PinsView.Write(Pins(s_heap, s_pages), output)));

    [Fact]
    public void Nothing_is_told_where_nothing_is_pinned() =>
        Assert.Equal("", Text(output => PinsView.Write(Pins(new HeapSketch().Add(BlockState.Used, 4096).Add(BlockState.Large, 4096), Mapping(Run(PageKind.Anonymous, 2))), output)));

    [Fact]
    public void What_ends_the_heap_is_told_when_much_is_free_below_it()
    {
        HeapSketch heap = new HeapSketch().Add(BlockState.Used, 4096).Add(BlockState.Large, 256 << 10).Add(BlockState.Tcache, 4096).Add(BlockState.Top, 8192);
        Assert.Equal(
            """
              tcaches alone keep 4.0 KiB of pages without a block in use
              the heap can't get shorter than to the block at 0x51010 (4.0 KiB, cached in a tcache) before its top:
                directly below it 256.0 KiB are free, 128.0 KiB of them in RAM

            """,
            Text(output => PinsView.Write(Pins(heap, Mapping(Run(PageKind.Anonymous, 33), Run(PageKind.NotPresent, 32), Run(PageKind.Anonymous, 3))), output)));
    }

    private static HeapPins Pins(HeapSketch heap, MappingPages pages)
    {
        var joined = new HeapPages(Table(pages), TrimConditions.Of([pages.Mapping], HeapSketch.Set(), [], 4096));
        Arena arena = heap.Arena();
        heap.Tell(joined, arena);
        return HeapPins.Of(joined, [heap.Totals(arena)], null);
    }
}
