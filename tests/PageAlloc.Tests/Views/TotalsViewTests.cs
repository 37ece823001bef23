using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>The table of totals.</summary>
public sealed class TotalsViewTests
{
    [Fact]
    public void States_are_counted_over_all_mappings_those_in_RAM_last() => Assert.Equal(
        """

          state                                 4K pages        size
          not present                      4,294,967,296    16.0 TiB
          swapped                                      2     8.0 KiB
          zero page                                    3    12.0 KiB
          guard page                                   4    16.0 KiB
          merged by KSM                                5    20.0 KiB
          4K anonymous                                10    40.0 KiB
          64K anonymous                               16    64.0 KiB
          2M file backed                             512     2.0 MiB
          4K shared memory                             1     4.0 KiB
          ----------------------------------------------------------
          all mappings                     4,294,967,849    16.0 TiB
          in RAM (Rss)                               544     2.1 MiB

        """,
        Totals(
            Mapping(Run(PageKind.Anonymous, 7), Run(PageKind.NotPresent, 1UL << 32), Run(PageKind.Ksm, 5), Run(PageKind.Anonymous, 16, 4)),
            Mapping(
                Run(PageKind.Swapped, 2), Run(PageKind.Zero, 3), Run(PageKind.Guard, 4), Run(PageKind.Anonymous, 3),
                Run(PageKind.File, 512, 9), Run(PageKind.SharedMemory, 1))));

    [Fact]
    public void Hugetlb_pages_are_no_part_of_Rss() => Assert.Equal(
        """

          state                                 4K pages        size
          not present                                512     2.0 MiB
          4K anonymous                                 1     4.0 KiB
          2M anonymous                               512     2.0 MiB
          ----------------------------------------------------------
          all mappings                             1,025     4.0 MiB
          in RAM (Rss)                                 1     4.0 KiB
          in RAM, hugetlb (not in Rss)               512     2.0 MiB

        """,
        Totals(
            Mapping(Run(PageKind.Anonymous, 1)),
            Mapping(
                TestMapping.Of(0x40000000, 0x40400000, "/anon_hugepage (deleted)", hugetlbPageSize: 2 << 20),
                Run(PageKind.Anonymous, 512, 9),
                Run(PageKind.NotPresent, 512))));

    [Fact]
    public void Swapped_shared_memory_is_told_apart() => Assert.Equal(
        """

          state                                 4K pages        size
          not present                                  8    32.0 KiB
          ----------------------------------------------------------
          all mappings                                 8    32.0 KiB
          in RAM (Rss)                                 0         0 B
          swapped shared (not present)                 3    12.0 KiB

        """,
        Totals(Mapping(Run(PageKind.NotPresent, 8)) with { SwappedSharedBytes = 3 * 4096 }));

    [Fact]
    public void A_filter_is_told_by_the_number_of_mappings()
    {
        MappingPages[] all = [Mapping(Run(PageKind.Anonymous, 1)), Mapping(Run(PageKind.Anonymous, 2)), Mapping(Run(PageKind.Anonymous, 4))];
        Assert.Contains(
            "\n  2 of 3 mappings                              6    24.0 KiB\n",
            Text(o => TotalsView.Write(Table(all[1..]), all[1..], all.Length, o)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Base_pages_are_called_by_their_size()
    {
        MappingPages mapping = Mapping(Run(PageKind.Anonymous, 1), Run(PageKind.Anonymous, 2, 1));
        var table = new PageTable([mapping], 65536, 13, UnknownDetails.None);
        Assert.Equal(
            """

              state                                64K pages        size
              64K anonymous                                1    64.0 KiB
              128K anonymous                               2   128.0 KiB
              ----------------------------------------------------------
              all mappings                                 3   192.0 KiB
              in RAM (Rss)                                 3   192.0 KiB

            """,
            Text(o => TotalsView.Write(table, table.Mappings, table.Mappings.Count, o)));
    }
}
