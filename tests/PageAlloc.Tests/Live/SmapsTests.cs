using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>Every mapping of every situation against smaps.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class SmapsTests
{
    [Theory]
    [MemberData(nameof(SystemStateCollection.Situations), MemberType = typeof(SystemStateCollection))]
    public void Shown_pages_equal_smaps(string situation)
    {
        SituationLook look = SituationLook.At(situation);
        SmapsComparison.AssertEqual(look.Smaps, look.Shown);
    }

    [Fact]
    public void Swapped_pages_equal_smaps_Swap()
    {
        SituationLook look = SituationLook.At("swapped");
        ulong swapped = look.Shown.Mappings.Aggregate(0UL, (sum, m) => sum + m.Pages("swapped"));
        Assert.NotEqual(0UL, swapped);
        Assert.Equal(look.Smaps.Sum("Swap"), swapped * (ulong)Environment.SystemPageSize);
    }

    [Fact]
    public void Swapped_shared_memory_is_told_beside_the_pages()
    {
        SituationLook look = SituationLook.At("swappedShared");
        ulong swapped = look.Shown.Mappings.Aggregate(0UL, (sum, m) => sum + m.Pages("swapped"));
        ulong swappedShared = look.Shown.Mappings.Aggregate(0UL, (sum, m) => sum + m.SwappedSharedBytes);
        Assert.NotEqual(0UL, swappedShared);
        Assert.Equal(look.Smaps.Sum("Swap"), (swapped * (ulong)Environment.SystemPageSize) + swappedShared);
    }
}
