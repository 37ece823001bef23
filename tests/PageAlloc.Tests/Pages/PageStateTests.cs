using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>States as numbers, and back.</summary>
public sealed class PageStateTests
{
    public static TheoryData<PageKind> Kinds => [.. Enum.GetValues<PageKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_state_is_what_its_code_says(PageKind kind)
    {
        bool sized = kind is PageKind.Anonymous or PageKind.File or PageKind.SharedMemory;
        for (int order = 0; order < 32; order++)
        {
            var state = new PageState(kind, order);
            Assert.Equal(kind, state.Kind);
            Assert.Equal(sized ? order : 0, state.Order);
            Assert.Equal(sized, state.HasSize);
            Assert.InRange(state.Code, 0, PageState.CodeCount - 1);
            Assert.Equal(state, PageState.FromCode(state.Code));
            Assert.Equal(state.Code, PageState.FromCode(state.Code).Code);
        }
    }

    [Fact]
    public void Different_states_have_different_codes()
    {
        var states = new HashSet<PageState>(
            from kind in Enum.GetValues<PageKind>() from order in Enumerable.Range(0, 32) select new PageState(kind, order));
        Assert.Equal(8 + (3 * 32), states.Count);
        Assert.Equal(states.Count, states.Select(s => s.Code).Distinct().Count());
    }

    [Theory]
    [InlineData(PageKind.Unknown, false)]
    [InlineData(PageKind.NotPresent, false)]
    [InlineData(PageKind.Swapped, false)]
    [InlineData(PageKind.Zero, false)]
    [InlineData(PageKind.Guard, false)]
    [InlineData(PageKind.Ksm, true)]
    [InlineData(PageKind.Anonymous, true)]
    [InlineData(PageKind.File, true)]
    [InlineData(PageKind.SharedMemory, true)]
    public void Resident_is_what_smaps_counts_in_Rss(PageKind kind, bool resident) =>
        Assert.Equal(resident, new PageState(kind).IsResident);

    [Fact]
    public void The_state_of_nothing_said_is_unknown() => Assert.Equal(PageKind.Unknown, default(PageState).Kind);

    [Theory]
    [InlineData(-1)]
    [InlineData(32)]
    public void An_order_out_of_range_is_refused(int order) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PageState(PageKind.Anonymous, order));

    [Theory]
    [InlineData(0, 4096, "4K")]
    [InlineData(1, 4096, "8K")]
    [InlineData(4, 4096, "64K")]
    [InlineData(8, 4096, "1M")]
    [InlineData(9, 4096, "2M")]
    [InlineData(18, 4096, "1G")]
    [InlineData(0, 16384, "16K")]
    [InlineData(11, 16384, "32M")]
    [InlineData(0, 65536, "64K")]
    [InlineData(13, 65536, "512M")]
    [InlineData(18, 65536, "16G")]
    public void Sizes_are_named_in_binary_units(int order, int pageSize, string name) =>
        Assert.Equal(name, PageState.SizeName(order, pageSize));
}
