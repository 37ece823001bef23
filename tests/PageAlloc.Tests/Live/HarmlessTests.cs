using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>Looking changes nothing: neither memory nor page tables, nor is the target stopped or woken.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class HarmlessTests
{
    [Theory]
    [MemberData(nameof(SystemStateCollection.Situations), MemberType = typeof(SystemStateCollection))]
    public void A_look_leaves_no_trace(string situation) => AssertNoTrace(SituationLook.At(situation));

    [Fact]
    public void A_look_leaves_the_child_that_shares_the_memory_alone()
    {
        using StandingSituation standing = Situations.Get("forked").Start();
        AssertNoTrace(SituationLook.Take(standing.Target, standing.Target.ProcessId("child")));
    }

    private static void AssertNoTrace(SituationLook look)
    {
        Assert.Equal(look.Before.ToString(), look.After.ToString());
        // Never T (stopped) nor t (traced), not even for a moment.
        Assert.Equal("S", look.RunStates);
    }
}
