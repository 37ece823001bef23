using PageAlloc.Blocks;
using PageAlloc.Insight.Diff;
using PageAlloc.Pages;
using PageAlloc.Tests.Insight.Diff;
using PageAlloc.Views;
using static PageAlloc.Tests.Insight.Diff.DiffScreen;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>What changed, as it stands on the screen.</summary>
public sealed class DiffViewTests
{
    private static readonly TextStyle s_ascii = new(ColorDepth.None, Unicode: false);

    private static readonly Moment s_old = DiffScreen.Moment(
        0,
        new HeapSketch(0x100000).Add(BlockState.Used, 64, 100).Add(BlockState.Used, 4096).Add(BlockState.Tcache, 64, 2).Add(BlockState.Top, 55040),
        Code(0x10000), At(0x100000, "[heap]", Run(PageKind.Anonymous, 4), Run(PageKind.NotPresent, 12)), At(0x900000, "", Run(PageKind.Anonymous, 8)));

    private static readonly Moment s_new = DiffScreen.Moment(
        90,
        new HeapSketch(0x100000).Add(BlockState.Used, 64, 99).Add(BlockState.Small, 64).Add(BlockState.Used, 4096).Add(BlockState.Used, 64, 2).Add(BlockState.Used, 208, 50).Add(BlockState.Top, 44640),
        Code(0x10000), At(0x100000, "[heap]", Run(PageKind.Anonymous, 5), Run(PageKind.Swapped, 1), Run(PageKind.NotPresent, 14)), At(0xa00000, "/dev/shm/of a rather long name indeed", Run(PageKind.SharedMemory, 2)));

    [Fact]
    public void The_screen_has_sums_blocks_mappings_and_arenas() => Assert.Equal(
        """
        process 1234 (server): server
          90.0 s lie between the two

                                                     old             new          change
          in RAM (Rss)                          52.0 KiB        32.0 KiB       -20.0 KiB
          in swap                                      0         4.0 KiB        +4.0 KiB
          heap, from the system                 64.1 KiB        64.1 KiB               0
          heap, used                            10.2 KiB        20.5 KiB       +10.2 KiB
          heap, free (tcaches and bins)            128 B            64 B           -64 B
          heap, free (top chunks)               53.8 KiB        43.6 KiB       -10.2 KiB
          blocks in use                              101             152             +51

          blocks: 52 new (10.3 KiB), 1 gone (64 B), 100 kept (10.2 KiB)
          more blocks of             new      gone      change in use now one of the new
          208 bytes                   50         0   +10.2 KiB   10.2 KiB 0x102990
          64 bytes                     2         1       +64 B    6.3 KiB 0x102910

          mappings                               size      change     in RAM      change
          000000900000 <anonymous>                  0   -32.0 KiB          0   -32.0 KiB
              gone: 8 pages left RAM
          000000100000 [heap]                80.0 KiB   +16.0 KiB   20.0 KiB    +4.0 KiB
              1 page came into RAM, 1 page came straight into swap
          000000a00000 ~ long name indeed     8.0 KiB    +8.0 KiB    8.0 KiB    +8.0 KiB
              new: 2 pages came into RAM

          arenas             system   change     used   blocks   tcache     free      top
          0x7f0000000c60      64.1K        0   +10.2K      +51    -128B     +64B   -10.2K
              main

        """,
        Screen(ProcessDiff.Of(s_old, s_new)));

    [Fact]
    public void Of_one_moment_nothing_changed() => Assert.Equal(
        """
        process 1234 (server): server

                                                     old             new          change
          in RAM (Rss)                          52.0 KiB        52.0 KiB               0
          in swap                                      0               0               0
          heap, from the system                 64.1 KiB        64.1 KiB               0
          heap, used                            10.2 KiB        10.2 KiB               0
          heap, free (tcaches and bins)            128 B           128 B               0
          heap, free (top chunks)               53.8 KiB        53.8 KiB               0
          blocks in use                              101             101               0

          blocks: 0 new (0), 0 gone (0), 101 kept (10.2 KiB)
          no block came and none went

          no mapping changed

        """,
        Screen(ProcessDiff.Of(s_old, s_old)));

    [Fact]
    public void Two_runs_are_compared_by_name_and_size() => Assert.Equal(
        """
        process 1234 (server): server
        process 1234 (server): server
          two runs of one program: their addresses have nothing to do with each other,
          so sums are compared by name and size: which of the blocks are new is not known

                                                     old             new          change
          in RAM (Rss)                          52.0 KiB        68.0 KiB       +16.0 KiB
          in swap                                      0               0               0
          heap, from the system                 64.1 KiB        64.0 KiB          -128 B
          heap, used                            10.2 KiB         7.5 KiB        -2.8 KiB
          heap, free (tcaches and bins)            128 B               0          -128 B
          heap, free (top chunks)               53.8 KiB        56.5 KiB        +2.8 KiB
          blocks in use                              101             120             +19

          more blocks of             old       now      change in use now
          64 bytes                   100       120    +1.2 KiB    7.5 KiB
          fewer blocks of            old       now      change in use now
          4.0 KiB to 8.0 KiB           1         0    -4.0 KiB          0

          mappings                               size      change     in RAM      change
          [heap]                             64.0 KiB           0   64.0 KiB   +48.0 KiB
          <anonymous>                               0   -32.0 KiB          0   -32.0 KiB
              gone

          arenas             system   change     used   blocks   tcache     free      top
          main                64.0K    -128B    -2.8K      +19    -128B        0    +2.8K

        """,
        Screen(ProcessDiff.Of(s_old, DiffScreen.Moment(
            0, new HeapSketch(0x200000).Add(BlockState.Used, 64, 120).Add(BlockState.Top, 57856), Code(0x20000), At(0x200000, "[heap]", Run(PageKind.Anonymous, 16))))));

    [Fact]
    public void What_a_core_does_not_know_is_unknown()
    {
        Moment core = DiffScreen.Moment(0, null, Code(0x10000), At(0x100000, "[heap]", Run(PageKind.Unknown, 16)));
        Assert.Equal(
            """
            process 1234 (server): server
              1.0 s lie between the two

                                                         old             new          change
              in RAM (Rss)                           4.0 KiB        68.0 KiB       +64.0 KiB
              in swap                                      0               0               0

              mappings                               size      change     in RAM      change
              000000100000 [heap]                64.0 KiB           0   64.0 KiB   +64.0 KiB
                  16 pages are not known before or now

            """,
            Screen(ProcessDiff.Of(core, DiffScreen.Moment(1, null, Code(0x10000), At(0x100000, "[heap]", Run(PageKind.Anonymous, 16))))));
    }

    [Fact]
    public void That_no_mapping_changed_a_core_file_tells_only_as_far_as_it_can()
    {
        Moment core = s_old with { Table = new PageTable(s_old.Table.Mappings, s_old.Table.PageSize, s_old.Table.HugeOrder, UnknownDetails.Residency) };
        Assert.EndsWith("\n  no mapping changed, as far as core files tell\n", Screen(ProcessDiff.Of(core, core)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_map_shows_what_became_of_each_page() => Assert.Equal(
        """

            ..  not in RAM, before and now      ==  stayed in RAM
            ++  came into RAM                   --  left RAM
            pp  came straight into swap
            each character is a page (4.0 KiB)
        [heap] [rw-p]  grew by 16.0 KiB
          ..........100000  ====+p..............
        <anonymous> [rw-p]  gone
          ..........900000  --------
        /dev/shm/of a rather long name indeed [rw-p]  new
          ..........a00000  ++

        """,
        Text(output => DiffMapView.Write(ProcessDiff.Of(s_old, s_new), false, true, new MapOptions { Style = Letters, Width = 40 }, output)));

    [Fact]
    public void A_pixel_of_several_pages_shows_what_changed() => Assert.Equal(
        """

        [heap] [rw-p]  grew by 16.0 KiB  1 pixel = 4 pages (16.0 KiB)
          ..........100000  =+...
        <anonymous> [rw-p]  gone  1 pixel = 4 pages (16.0 KiB)
          ..........900000  --
        /dev/shm/of a rather long name indeed [rw-p]  new  1 pixel = 4 pages (16.0 KiB)
          ..........a00000  +

        """,
        Text(output => DiffMapView.Write(ProcessDiff.Of(s_old, s_new), false, false, new MapOptions { Style = Letters, Width = 40, Scale = 4 }, output)));

    [Fact]
    public void Growth_has_a_chart_for_each_row() => Assert.Equal(
        """

                                                        first        last           rate
          in RAM (Rss)               ▁▂▃▅▆█         260.0 KiB   860.0 KiB    +12.0 KiB/s
          in swap                    ▁▁▁▁▁▁                 0           0            0/s
          heap, used                 ▁▂▃▅▆█           4.6 KiB   106.2 KiB     +2.0 KiB/s

          grows steadily: blocks of                     first        last           rate
          208 bytes                  ▁▂▃▅▆█                 0   101.6 KiB     +2.0 KiB/s
              from 0 to 500 blocks, +100 each time; one of the new: 0x101290
          grows steadily: arena                         first        last           rate
          0x7f0000000c60             ▁▂▃▅▆█           4.6 KiB   106.2 KiB     +2.0 KiB/s
              from 11 to 511 blocks, +100 each time
          grows steadily: mapping                       first        last           rate
          000000100000 [heap]        ▁▂▃▅▆█         256.0 KiB   856.0 KiB    +12.0 KiB/s

        """,
        Text(output => GrowthView.Write(Leak(6), Letters, false, output)));

    [Fact]
    public void A_chart_can_do_without_Unicode() => Assert.Equal(
        """

                                                        first        last           rate
          in RAM (Rss)               .=#            260.0 KiB   500.0 KiB    +12.0 KiB/s
          in swap                    ...                    0           0            0/s
          heap, used                 .=#              4.6 KiB    45.2 KiB     +2.0 KiB/s

          grows steadily: blocks of                     first        last           rate
          208 bytes                  .=#                    0    40.6 KiB     +2.0 KiB/s
              from 0 to 200 blocks, +100 each time; one of the new: 0x101290
          grows steadily: mapping                       first        last           rate
          000000100000 [heap]        .=#            256.0 KiB   496.0 KiB    +12.0 KiB/s

        """,
        Text(output => GrowthView.Write(Leak(3), s_ascii, false, output)));

    [Theory]
    [InlineData(new ulong[] { 0, 1, 2, 3, 4, 5, 6, 7 }, "▁▂▃▄▅▆▇█")]
    [InlineData(new ulong[] { 5, 5, 5 }, "▁▁▁")]
    [InlineData(new ulong[] { 100, 0, 50 }, "█▁▄")]
    [InlineData(new ulong[] { 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0 }, "▁▁▁▁█▁▁▁")]
    public void A_chart_is_drawn_in_blocks(ulong[] values, string chart) => Assert.Equal(chart, Sparkline.Of(values, 8, Letters));

    private static Growth Leak(int moments)
    {
        var reader = new GrowthReader();
        for (int i = 0; i < moments; i++)
        {
            HeapSketch heap = new HeapSketch(0x100000).Add(BlockState.Used, 64, 10).Add(BlockState.Used, 4096).Add(BlockState.Used, 208, 100 * i).Add(BlockState.Top, 0x40000);
            reader.Add(DiffScreen.Moment(i * 10, heap, Code(0x10000), At(0x100000, "[heap]", Run(PageKind.Anonymous, 64 + (30 * (ulong)i)))));
        }

        return reader.Finish();
    }

    private static string Screen(ProcessDiff diff) => Text(output =>
    {
        DiffView.WriteHeader(diff, s_ascii, output);
        DiffView.Write(diff, s_ascii, false, output);
    });
}
