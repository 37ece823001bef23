using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>A user without rights, looking at a process of their own.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class UnprivilegedTests
{
    [Theory]
    [MemberData(nameof(SystemStateCollection.Situations), MemberType = typeof(SystemStateCollection))]
    public void Shown_pages_equal_smaps_without_any_capability(string situation)
    {
        using StandingSituation standing = Situations.Get(situation).Start(Launch.Nobody);
        (Smaps smaps, ShownProcess shown) = SmapsComparison.LookAt(
            standing.Pid, pid => ShownProcess.Of(pid, Launch.Nobody));
        // KSM's pages are only told apart from the process' other pages by kpageflags.
        bool merged = smaps.Sum("KSM") > 0;
        SmapsComparison.AssertEqual(smaps, shown, merged ? ["folioSizes", "ksm"] : ["folioSizes"]);
    }

    [Fact]
    public void One_line_says_what_a_capability_would_add()
    {
        using TargetProgram target = TargetProgram.PagesAsNobody("small");
        CommandResult result = CommandRun.Run([$"{target.Pid}"], Launch.Nobody);
        Assert.Equal(0, result.ExitCode);
        Assert.Single(
            (result.Error + result.Text).Split('\n'),
            line => line.Contains("CAP_", StringComparison.Ordinal));
    }

    [Fact]
    public void Root_needs_no_such_line()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using TargetProgram target = TargetProgram.Pages("small");
        CommandResult result = CommandRun.Run($"{target.Pid}");
        Assert.Equal("", result.Error);
        Assert.DoesNotContain("CAP_", result.Text, StringComparison.Ordinal);
    }
}
