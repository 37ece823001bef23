using PageAlloc.Pages;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>What the colours and letters stand for.</summary>
public sealed class LegendViewTests
{
    private static readonly MapOptions InLetters = new() { Style = Letters };

    [Fact]
    public void The_whole_legend_has_every_state() => Assert.Equal(
        """
            ??  unknown
            ..  not present
            ss  swapped
            zz  zero page
            kk  merged by KSM
            xx  guard page
            aa  4K anonymous              bb  8K-1M anonymous           AA  2M anonymous              BB  1G anonymous
            ff  4K file backed            gg  8K-1M file backed         FF  2M file backed            GG  1G file backed
            mm  4K shared memory          nn  8K-1M shared memory       MM  2M shared memory
            tt  arena top chunk
            __  arena top chunk not present
            dd  in the core file
            oo  zeros left out of the core file

        """,
        Lines(Legend(InLetters with { WholeLegend = true })));

    [Fact]
    public void Only_states_that_occur_are_listed() => Assert.Equal(
        """
            ..  not present
            zz  zero page
            aa  4K anonymous              AA  2M anonymous
            nn  8K-1M shared memory

        """,
        Lines(Legend(
            InLetters,
            Mapping(Run(PageKind.Anonymous, 1), Run(PageKind.NotPresent, 1), Run(PageKind.SharedMemory, 4, 2)),
            Mapping(Run(PageKind.Zero, 1), Run(PageKind.Anonymous, 512, 9)))));

    [Fact]
    public void Colours_stand_beside_their_names() => Assert.Equal(
        """
            ␛[38;5;1;48;5;1m  ␛[0m  swapped
            ␛[38;5;2;48;5;2m  ␛[0m  4K anonymous              ␛[38;5;6;48;5;6m  ␛[0m  2M anonymous

        """,
        Lines(Legend(
            InLetters with { Style = Colors }, Mapping(Run(PageKind.Anonymous, 1), Run(PageKind.Swapped, 1), Run(PageKind.Anonymous, 1, 9)))));

    [Fact]
    public void Nothing_shown_needs_no_legend() => Assert.Equal("", Legend(InLetters));

    [Theory]
    [InlineData(16384, 11, "aa  16K anonymous             bb  32K-16M anonymous         AA  32M anonymous")]
    [InlineData(65536, 13, "aa  64K anonymous             bb  128K-256M anonymous       AA  512M anonymous")]
    public void Sizes_follow_the_machine(int pageSize, int hugeOrder, string line)
    {
        MappingPages mapping = Mapping(
            Run(PageKind.Anonymous, 1), Run(PageKind.Anonymous, 1, 1), Run(PageKind.Anonymous, 1, hugeOrder));
        var table = new PageTable([mapping], pageSize, hugeOrder, UnknownDetails.None);
        Assert.Equal("    " + line + "\n", Lines(Text(o => LegendView.Write(table, table.Mappings, InLetters, o))));
    }

    // hugetlb pages above a huge page: 32M with base pages of 4K on aarch64, 16G with those of 64K.
    [Theory]
    [InlineData(4096, 9, 13, "32M")]
    [InlineData(4096, 9, 18, "1G")]
    [InlineData(65536, 13, 18, "16G")]
    public void The_largest_pages_are_called_by_their_size(int pageSize, int hugeOrder, int order, string size)
    {
        MappingPages mapping = Mapping(Run(PageKind.Anonymous, 1UL << order, order));
        var table = new PageTable([mapping], pageSize, hugeOrder, UnknownDetails.None);
        Assert.Equal($"    BB  {size} anonymous\n", Lines(Text(o => LegendView.Write(table, table.Mappings, InLetters, o))));
    }

    private static string Lines(string text) => string.Join('\n', text.Split('\n').Select(l => l.TrimEnd(' ')));
}
