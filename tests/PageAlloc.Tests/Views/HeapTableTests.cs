using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>The table of arenas, and what is said beneath it.</summary>
public sealed class HeapTableTests
{
    private static readonly HeapSketch s_heap = new HeapSketch()
        .Add(BlockState.Overhead, 2256).Add(BlockState.Used, 96, 1000).Add(BlockState.Tcache, 64, 5).Add(BlockState.Fast, 32, 2)
        .Add(BlockState.Small, 512, 4).Add(BlockState.Large, 4096).Add(BlockState.Top, 30384);

    [Fact]
    public void An_arena_is_a_line_whose_parts_add_up() => Assert.Equal(
        """

          arena             system    used     blocks  tcache    free     top  overhead   frag  owner
          0x7f0000000c60    132.0K   93.8K      1,000    320B    6.1K   29.7K      2.2K   4.6%  main
          malloc of glibc 2.36, layout by structure

        """,
        Table(HeapSketch.Set(s_heap.Arena()) with { Version = "2.36" }));

    [Fact]
    public void Several_arenas_have_a_sum_and_mmapped_blocks_a_line() => Assert.Equal(
        """

          arena             system    used     blocks  tcache    free     top  overhead   frag  owner
          0x7f0000000c60    132.0K   93.8K      1,000    320B    6.1K   29.7K      2.2K   4.6%  main
          0x7f0010000030    132.0K   93.8K      1,000    320B    6.1K   29.7K      2.2K   4.6%  threads 12, 13
          ------------------------------------------------------------------------------------
          all arenas        264.0K  187.5K      2,000    640B   12.1K   59.3K      4.4K   4.6%
          mmapped             2.0M    2.0M          2
          malloc of glibc, layout by debug info

        """,
        Table(HeapSketch.Set(s_heap.Arena(), s_heap.Arena(0x7f0010000030, isMain: false, attached: 2, 12, 13)) with
        {
            Layout = "debug info: /usr/lib/debug/libc.debug",
            Mmapped = [new MmappedBlock(new AddressRange(0x1000000, 0x1100000), 0x1000000, 0x1000010, 0xffff0), new MmappedBlock(new AddressRange(0x1100000, 0x1200000), 0x1100000, 0x1100010, 0xffff0)],
        }));

    [Fact]
    public void What_is_not_known_has_a_column_when_it_occurs()
    {
        HeapSketch heap = new HeapSketch().Add(BlockState.Used, 4096).Add(BlockState.Unknown, 4096);
        Assert.Equal(
            """

              arena             system    used     blocks  tcache    free     top  overhead  unknown   frag  owner
              0x7f0000000c60      8.0K    4.0K          1       0       0       0         0     4.0K   0.0%  main
              malloc of glibc, layout by structure

            """,
            Text(output => HeapTableView.Write(HeapSketch.Set(heap.Arena()), [heap.Totals(heap.Arena())], output)));
    }

    [Fact]
    public void An_arena_without_a_heap_has_no_share()
    {
        Arena arena = HeapSketch.Make(s_heap.Layout, 0x1234, 0, [], isMain: true, attached: 1);
        Assert.Contains("  0x1234                 0       0          0       0       0       0         0      -  main\n", Text(output => HeapTableView.Write(HeapSketch.Set(arena), [new ArenaTotals(arena)], output)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(21, 21, false)]
    [InlineData(22, 20, true)]
    [InlineData(1000, 20, true)]
    public void Of_many_arenas_the_largest_are_shown(int count, int shown, bool others)
    {
        Arena[] arenas = [.. Enumerable.Range(1, count).Select(i => Sized((ulong)i))];
        string[] lines = Text(output => HeapTableView.Write(HeapSketch.Set(arenas), [.. arenas.Select(a => new ArenaTotals(a))], output)).Split('\n');
        Assert.Equal(shown, lines.Count(line => line.Contains("0x7f", StringComparison.Ordinal)));
        Assert.Equal(others, lines.Any(line => line.StartsWith("  others", StringComparison.Ordinal) && line.EndsWith($"{count - shown:N0} smaller arenas", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.Contains($"0x7f{count:x8}", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("  all arenas", StringComparison.Ordinal) && line.Contains(HeapTableView.Size((ulong)(count * (count + 1) / 2) * 4096), StringComparison.Ordinal));

        static Arena Sized(ulong pages) => HeapSketch.Make(
            s_heap.Layout, 0x7f00000000 + pages, 0, [new Segment(new AddressRange(0, pages * 4096), 0)], isMain: false, attached: 0);
    }

    [Theory]
    [InlineData("jemalloc", "this process uses jemalloc: its heap is not shown\n")]
    [InlineData(null, "no malloc heap was found in this process\n")]
    public void Another_allocator_is_told_by_name(string? allocator, string line) =>
        Assert.Equal(line, Text(output => HeapTableView.WriteOther(new HeapSet { Allocator = allocator }, output)));

    [Fact]
    public void Problems_are_told_in_words()
    {
        Arena arena = s_heap.Arena();
        ArenaTotals totals = s_heap.Totals(arena);
        totals.Add(new Problem(ProblemKind.BrokenSize, arena.Address, 0x10010, "the chunk at 0x10010 is wrong"));
        HeapSet heaps = HeapSketch.Set(arena) with { Problems = [new Problem(ProblemKind.Other, 0, 0, "something is wrong")] };
        Assert.Equal(
            "  problem: something is wrong\n  problem in arena @0x7f0000000c60: the chunk at 0x10010 is wrong\n",
            Text(output => HeapProblemsView.Write(heaps, [totals], output)));
        Assert.True(HeapProblemsView.IsIncomplete(heaps, []));
        Assert.True(HeapProblemsView.IsIncomplete(HeapSketch.Set(arena), [totals]));
        Assert.False(HeapProblemsView.IsIncomplete(HeapSketch.Set(arena), [s_heap.Totals(arena)]));
    }

    [Fact]
    public void Many_problems_are_counted()
    {
        Arena arena = s_heap.Arena();
        ArenaTotals totals = s_heap.Totals(arena);
        for (int i = 0; i < 50; i++)
        {
            totals.Add(new Problem(ProblemKind.BrokenSize, arena.Address, 0x10010, $"number {i}"));
        }

        string[] lines = Text(output => HeapProblemsView.Write(HeapSketch.Set(arena), [totals], output)).TrimEnd('\n').Split('\n');
        Assert.Equal(21, lines.Length);
        Assert.Equal("  and 30 problems more (--format json lists up to 100 of each arena)", lines[^1]);
    }

    [Fact]
    public void What_is_swapped_out_is_said_and_is_no_problem()
    {
        HeapSketch heap = new HeapSketch().Add(BlockState.Used, 4096).Add(BlockState.Unknown, 8192);
        ArenaTotals totals = heap.Totals(heap.Arena());
        Assert.True(HeapProblemsView.IsIncomplete(HeapSketch.Set(heap.Arena()), [totals]));
        totals.SwappedBytes = 8192;
        Assert.False(HeapProblemsView.IsIncomplete(HeapSketch.Set(heap.Arena()), [totals]));
        Assert.Equal("  8.0 KiB are not known, as they are swapped out (--swap-in reads them)\n", Text(output => HeapProblemsView.Write(HeapSketch.Set(heap.Arena()), [totals], output)));
    }

    private static string Table(HeapSet heaps) =>
        Text(output => HeapTableView.Write(heaps, [.. heaps.Arenas.Select(s_heap.Totals)], output));
}
