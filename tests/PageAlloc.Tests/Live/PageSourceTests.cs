using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>Kernels before 6.7 have pagemap alone: it must tell the same as PAGEMAP_SCAN.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class PageSourceTests
{
    private static readonly Dictionary<string, string> PagemapAlone = new() { ["PAGEALLOC_PAGE_SOURCE"] = "pagemap" };

    [Theory]
    [MemberData(nameof(SystemStateCollection.Situations), MemberType = typeof(SystemStateCollection))]
    public void Pagemap_alone_shows_the_same(string situation)
    {
        // 16 TiB cost a quarter of a minute without PAGEMAP_SCAN; a smaller one has the same shape.
        Situation wanted = situation == "sparse"
            ? Situations.Get(situation) with { Arguments = ["sparse", "256"] }
            : Situations.Get(situation);
        using StandingSituation standing = wanted.Start();
        Assert.Equal(
            ShownProcess.Of(standing.Pid).MappingsText,
            ShownProcess.Of(standing.Pid, environment: PagemapAlone).MappingsText);
    }

    [Theory]
    [InlineData("small")]
    [InlineData("huge")]
    [InlineData("hugeZero")]
    [InlineData("guard")]
    [InlineData("swapped")]
    [InlineData("hugetlb")]
    [InlineData("writeProtected")]
    public void Pagemap_alone_and_no_capability_equal_smaps(string situation)
    {
        using StandingSituation standing = Situations.Get(situation).Start(Launch.Nobody);
        (Smaps smaps, ShownProcess shown) = SmapsComparison.LookAt(
            standing.Pid, pid => ShownProcess.Of(pid, Launch.Nobody, PagemapAlone));
        SmapsComparison.AssertEqual(smaps, shown, "folioSizes", "hugePages");
    }
}
