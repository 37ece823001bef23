using CsCheck;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>The picture of the heaps, on blocks that are made up.</summary>
public sealed class HeapMapTests
{
    private const string Main = "arena @0x7f0000000c60  main\n";

    private static readonly MapOptions Ten = new() { Style = Letters, Width = 10 };

    [Fact]
    public void A_pixel_is_eight_units_as_gray_as_they_are_used() => Assert.Equal(
        Main + """
          ...........10000  8088664310
          ...........10500  08

        """,
        new HeapSketch()
            .Add(BlockState.Used, 128).Add(BlockState.Small, 128).Add(BlockState.Used, 128, 2)
            .Add(BlockState.Used, 96).Add(BlockState.Tcache, 32)
            .Add(BlockState.Fast, 32).Add(BlockState.Used, 96)
            .Add(BlockState.Used, 64).Add(BlockState.Unsorted, 64)
            .Add(BlockState.Large, 80).Add(BlockState.Used, 48)
            .Add(BlockState.Small, 112).Add(BlockState.Used, 16)
            .Add(BlockState.Small, 256).Add(BlockState.Used, 128)
            .Map(Ten));

    [Fact]
    public void A_block_goes_on_from_pixel_to_pixel_and_from_row_to_row() => Assert.Equal(
        Main + """
          ...........10000  4888888888
          ...........10500  8888888884

        """,
        new HeapSketch().Add(BlockState.Small, 64).Add(BlockState.Used, (19 * 128) - 64 + 64).Add(BlockState.Small, 64).Map(Ten));

    [Fact]
    public void The_last_pixel_may_have_fewer_units() =>
        Assert.Equal(Main + "  ...........10000  88\n", new HeapSketch().Add(BlockState.Used, 128 + 48).Map(Ten));

    [Fact]
    public void Overhead_and_what_is_not_known_look_unlike_any_gray() => Assert.Equal(
        Main + "  ...........10000  ##8?8?8\n",
        new HeapSketch()
            .Add(BlockState.Overhead, 256)
            .Add(BlockState.Used, 128).Add(BlockState.Unknown, 128).Add(BlockState.Used, 128)
            .Add(BlockState.Used, 112).Add(BlockState.Unknown, 16)
            .Add(BlockState.Used, 96).Add(BlockState.Fencepost, 16, 2)
            .Map(Ten));

    [Fact]
    public void The_top_is_a_line_that_says_its_size() => Assert.Equal(
        Main + """
          ...........10000  88
          ...........10090  00 132.0 KiB top chunk

        """,
        new HeapSketch().Add(BlockState.Used, 144).Add(BlockState.Top, 132 << 10).Map(Ten));

    [Fact]
    public void Unfolded_the_top_is_shown_as_not_used() => Assert.Equal(
        Main + "  ...........10000  81000000\n",
        new HeapSketch().Add(BlockState.Used, 144).Add(BlockState.Top, 880).Map(Ten with { Fold = false }));

    [Fact]
    public void Long_uniform_stretches_fold() => Assert.Equal(
        Main + """
          ...........10000  0888888888
          ...........10500  88 50.0 KiB, 8 of 8 units used
          ...........1cd00  8000000000
          ...........1d200  00 49.9 KiB, 0 of 8 units used

        """,
        new HeapSketch().Add(BlockState.Small, 128).Add(BlockState.Used, 128, 9 + 400 + 1).Add(BlockState.Large, 128, 9 + 399).Map(Ten));

    [Fact]
    public void With_a_scale_a_pixel_is_that_many_eights_of_units() => Assert.Equal(
        """
        arena @0x7f0000000c60  main  1 pixel = 32 units (512 B)
          ...........10000  84170?

        """,
        new HeapSketch()
            .Add(BlockState.Used, 512).Add(BlockState.Used, 256).Add(BlockState.Small, 256)
            .Add(BlockState.Used, 16).Add(BlockState.Small, 496)
            .Add(BlockState.Used, 496).Add(BlockState.Small, 16)
            .Add(BlockState.Small, 512).Add(BlockState.Unknown, 64).Add(BlockState.Used, 448)
            .Map(Ten with { Scale = 4 }));

    [Fact]
    public void Folded_pixels_of_a_scale_are_only_counted() => Assert.Equal(
        """
        arena @0x7f0000000c60  main  1 pixel = 16 units (256 B)
          ...........10000  88 40 pixels of this kind, 10.0 KiB of addresses

        """,
        new HeapSketch().Add(BlockState.Used, 128, 80).Map(Ten with { Scale = 2 }));

    [Theory]
    [InlineData(80, 8, "")]
    [InlineData(81, 5, "  1 pixel = 16 units (256 B)")]
    [InlineData(1000, 7, "  1 pixel = 128 units (2.0 KiB)")]
    public void Fitting_makes_at_most_eight_rows(int pixels, int rows, string scale)
    {
        HeapSketch heap = new HeapSketch().Add(BlockState.Used, 128, pixels);
        string[] lines = heap.Map(Ten with { Scale = null, Fold = false }).TrimEnd('\n').Split('\n');
        Assert.Equal("arena @0x7f0000000c60  main" + scale, lines[0]);
        Assert.Equal(rows, lines.Length - 1);
    }

    [Fact]
    public void A_folded_top_has_no_part_in_what_fits() => Assert.Equal(
        Main + "  ...........10000  88\n  ...........10100  00 1.0 GiB top chunk\n",
        new HeapSketch().Add(BlockState.Used, 256).Add(BlockState.Top, 1 << 30).Map(Ten with { Scale = null }));

    // Chunks are at odd multiples of 8 there, and units of 8 bytes.
    [Fact]
    public void On_i386_units_are_of_eight_bytes_at_user_pointers() => Assert.Equal(
        Main + "  ...........10000  #84008\n",
        new HeapSketch(0x10000, GlibcLayout.Known(4)[0])
            .Add(BlockState.Overhead, 72).Add(BlockState.Used, 56 + 32).Add(BlockState.Small, 160).Add(BlockState.Used, 64)
            .Map(Ten));

    [Fact]
    public void A_heap_may_begin_within_a_unit() => Assert.Equal(
        Main + "  ...........10d00  88\n",
        new HeapSketch(0x10d05).Add(BlockState.Overhead, 11).Add(BlockState.Used, 240).Map(Ten));

    [Fact]
    public void Two_pixels_are_a_character_with_colours() => Assert.Equal(
        Main + """
          ...........10000  ␛[38;5;248;48;5;236m▀␛[38;5;236;48;5;236m ␛[38;5;130;48;5;248m▀␛[39;48;5;248m▀␛[0m
          ...........10400  ␛[38;5;244;49m▀␛[0m

        """,
        new HeapSketch()
            .Add(BlockState.Used, 128).Add(BlockState.Small, 128).Add(BlockState.Overhead, 128).Add(BlockState.Unknown, 128)
            .Add(BlockState.Small, 256).Add(BlockState.Used, 256).Add(BlockState.Used, 64).Add(BlockState.Small, 64)
            .Map(new MapOptions { Style = Colors, Width = 4 }));

    [Fact]
    public void The_legend_has_nine_grays_and_what_is_no_block() => Assert.Equal(
        """
            00  0 of 8 units used           ##  overhead
            11  1 of 8 units used           ??  unknown
            22  2 of 8 units used
            33  3 of 8 units used
            44  4 of 8 units used
            55  5 of 8 units used
            66  6 of 8 units used
            77  7 of 8 units used
            88  8 of 8 units used

        """,
        Text(output => HeapMapView.WriteLegend(Ten, output)));

    [Theory]
    [InlineData(true, 1, "main")]
    [InlineData(false, 0, "no thread")]
    [InlineData(false, 1, "1 thread")]
    [InlineData(false, 3, "3 threads")]
    [InlineData(false, 1, "thread 12", 12)]
    [InlineData(false, 2, "threads 12, 13", 12, 13)]
    [InlineData(false, 3, "threads 12, 13 and 1 more", 12, 13)]
    [InlineData(false, 9, "threads 1, 2, 3, 4, 5, 6, 7, 8 and 1 more", 1, 2, 3, 4, 5, 6, 7, 8, 9)]
    public void An_arena_has_an_owner(bool isMain, ulong attached, string owner, params int[] threads)
    {
        HeapSketch heap = new HeapSketch().Add(BlockState.Used, 128);
        Arena arena = heap.Arena(HeapSketch.ArenaAddress, isMain, attached, threads);
        string map = Text(output => heap.Tell(new HeapMapView(HeapSketch.Set(arena), null, Ten, output), arena));
        Assert.StartsWith($"arena @0x7f0000000c60  {owner}\n", map, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_libcs_each_main_arena_is_named_after_its_own()
    {
        HeapSketch heap = new HeapSketch().Add(BlockState.Used, 128);
        Arena arena = heap.Arena();
        string map = Text(output => heap.Tell(new HeapMapView(HeapSketch.Set(arena, heap.Arena(1)), null, Ten, output), arena));
        Assert.StartsWith("arena @0x7f0000000c60  main of /lib/libc.so.6\n", map, StringComparison.Ordinal);
    }

    [Fact]
    public void An_arena_is_named_once_whatever_its_segments_and_only_when_shown()
    {
        HeapSketch first = new HeapSketch().Add(BlockState.Used, 128), second = new HeapSketch(0x20000).Add(BlockState.Small, 128);
        Arena shown = first.Arena(1, [first.Segment, second.Segment], isMain: false, attached: 0), hidden = first.Arena(2);
        Assert.Equal(
            "arena @0x1  no thread\n  ...........10000  8\n  ...........20000  0\n",
            Text(output =>
            {
                var view = new HeapMapView(HeapSketch.Set(shown, hidden), arena => arena.Address == 1, Ten, output);
                first.Tell(view, hidden);
                first.Tell(view, shown);
                second.Tell(view, shown);
                first.Tell(view, hidden);
            }));
    }

    // At the scale of one a digit is so many units used: what all rows show is what there is.
    [Fact]
    public void The_units_of_all_rows_add_up() =>
        Blocks.Sample(
            blocks =>
            {
                var heap = new HeapSketch();
                foreach ((bool used, int units) in blocks)
                {
                    heap.Add(used ? BlockState.Used : BlockState.Small, (ulong)units * 16);
                }

                ulong rest = (128 - (heap.Segment.Range.End % 128)) % 128;
                heap.Add(BlockState.Used, rest);
                string[] rows = heap.Map(Ten with { Fold = false }).TrimEnd('\n').Split('\n')[1..];
                string cells = string.Concat(rows.Select(row => row[20..]));
                Assert.Equal(heap.Segment.Range.Length, (ulong)cells.Length * 128);
                Assert.Equal(Used(heap), (ulong)cells.Sum(c => c - '0') * 16);
                Assert.All(rows.Index(), row => Assert.StartsWith($"  {heap.Start + ((ulong)row.Index * 1280):x}".Replace("  ", "  ..........."), row.Item, StringComparison.Ordinal));
            },
            iter: 300);

    // Folded or not, at any scale, nothing is all used or not used at all that is not so.
    [Fact]
    public void Only_what_is_all_used_looks_so() =>
        Gen.Select(Blocks, Gen.ULong[1, 40]).Sample(
            (blocks, scale) =>
            {
                var heap = new HeapSketch();
                foreach ((bool used, int units) in blocks)
                {
                    heap.Add(used ? BlockState.Used : BlockState.Small, (ulong)units * 16);
                }

                string[] rows = heap.Map(Ten with { Fold = false, Scale = scale }).TrimEnd('\n').Split('\n')[1..];
                ulong pixel = 128 * scale, at = heap.Start;
                foreach (char cell in rows.SelectMany(row => row[20..]))
                {
                    var range = new AddressRange(at, Math.Min(at + pixel, heap.Segment.Range.End));
                    ulong used = heap.Blocks.Where(b => b.State == BlockState.Used).Aggregate(0UL, (sum, b) => sum + new AddressRange(b.Address, b.End).Intersect(range).Length);
                    Assert.Equal((used == 0, used == range.Length), (cell == '0', cell == '8'));
                    at = range.End;
                }

                Assert.Equal(heap.Segment.Range.End, at);
            },
            iter: 300);

    private static readonly Gen<(bool Used, int Units)[]> Blocks = Gen.Select(Gen.Bool, Gen.OneOf(Gen.Int[2, 12], Gen.Int[2, 2000])).Array[1, 60];

    private static ulong Used(HeapSketch heap) => heap.Blocks.Where(b => b.State == BlockState.Used).Aggregate(0UL, (sum, b) => sum + b.Size);
}
