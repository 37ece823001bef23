using PageAlloc.Insight.Diff;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Insight.Diff;

/// <summary>What became of pages, held against a program that did it.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class PageChangesLiveTests
{
    [Fact]
    public void Each_page_did_what_the_program_did_to_it()
    {
        using TargetProgram program = TargetProgram.StartTarget("changes", []);
        ProcessDiff diff = Step(program);
        AssertOf(program, diff, "touched", (PageChange.CameIn, 10), (PageChange.Absent, 6));
        AssertOf(program, diff, "givenBack", (PageChange.LeftRam, 10), (PageChange.Stayed, 6));
        AssertOf(program, diff, "grown", (PageChange.CameIn, 3), (PageChange.Absent, 1), (PageChange.Stayed, 16));
        AssertOf(program, diff, "gone", (PageChange.LeftRam, 16));
        AssertOf(program, diff, "kept", (PageChange.Stayed, 16));
        AssertOf(program, diff, "split", (PageChange.WasSplit, 512));
        AssertOf(program, diff, "collapsed", (PageChange.BecameHuge, 512));
        AssertOf(program, diff, "copied", (PageChange.Copied, 10), (PageChange.Stayed, 6));
        AssertOf(program, diff, "dropped", (PageChange.OtherKind, 10), (PageChange.Stayed, 6));
        AssertOf(program, diff, "new", (PageChange.CameIn, 10), (PageChange.Absent, 6));
        Assert.Equal((20UL * 4096, 16UL * 4096), (Of(program, diff, "grown").NewBytes, Of(program, diff, "grown").OldBytes));
        Assert.Equal((3, 1), (Of(program, diff, "split").New.Count, Of(program, diff, "split").Old.Count));
        Assert.Empty(Of(program, diff, "gone").New);
        Assert.Empty(Of(program, diff, "new").Old);
        Assert.False(Of(program, diff, "kept").IsChanged);
    }

    [Fact]
    public void Pages_go_to_swap_and_come_back()
    {
        using SystemState swap = SystemState.Swap();
        using TargetProgram program = TargetProgram.StartTarget("changes", ["swap"]);
        ProcessDiff diff = Step(program);
        AssertOf(program, diff, "pagedOut", (PageChange.SwappedOut, 16));
        AssertOf(program, diff, "pagedIn", (PageChange.SwappedIn, 16));
        AssertOf(program, diff, "swapLeft", (PageChange.LeftSwap, 16));
        AssertOf(program, diff, "kept", (PageChange.Stayed, 16));
    }

    private static ProcessDiff Step(TargetProgram program)
    {
        Moment old = Moments.Of(program.Pid);
        program.Step();
        var diff = ProcessDiff.Of(old, Moments.Of(program.Pid));
        Assert.All(diff.Mappings, m => Assert.Equal(m.Range.Length / 4096, m.Pages!.Aggregate(0UL, (sum, pages) => sum + pages)));
        return diff;
    }

    private static MappingChange Of(TargetProgram program, ProcessDiff diff, string name)
    {
        TruthRegion region = program.Regions.Single(r => r.Name == name);
        return diff.Mappings.Single(m => m.Range.Start == region.Start && (m.Old.Concat(m.New).First().Mapping.Permissions & PageAlloc.Mappings.MappingPermissions.Write) != 0);
    }

    private static void AssertOf(TargetProgram program, ProcessDiff diff, string name, params (PageChange Change, ulong Pages)[] expected)
    {
        IReadOnlyList<ulong> pages = Of(program, diff, name).Pages!;
        Assert.Equal(
            (name, string.Join(", ", expected.OrderBy(e => e.Change))),
            (name, string.Join(", ", Enum.GetValues<PageChange>().Where(c => pages[(int)c] != 0).Select(c => (c, pages[(int)c])))));
    }
}
