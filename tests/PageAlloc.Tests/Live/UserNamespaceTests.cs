using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>
/// Root of a user namespace, as in a container: /proc/kpageflags opens for it, while every frame in pagemap is 0. Flags of
/// frame 0 would be taken for those of each page.
/// </summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class UserNamespaceTests
{
    // Both are in it: into a process outside not even this root may look.
    private const string Enter = "exec nsenter --user --preserve-credentials --target \"$1\" \"$0\" \"$@\"";

    [Theory]
    [InlineData("small")]
    [InlineData("huge")]
    [InlineData("guard")]
    [InlineData("fileLarge")]
    [InlineData("ksm")]
    public void Its_map_equals_smaps_and_says_what_is_not_known(string situation)
    {
        AssertIsPossible();
        using IDisposable? state = Situations.Get(situation).Prepare();
        using TargetProgram target = TargetProgram.Start(
            "unshare", ["--user", "--map-root-user", TargetProgram.PathOf("pages"), situation]);
        CommandResult result = new(0, [], "");
        (Smaps smaps, ShownProcess shown) = SmapsComparison.LookAt(
            target.Pid,
            pid => ShownProcess.Parse(result = CommandRun.Shell(Enter, $"{pid}", "--format", "json", "--runs")));
        bool merged = smaps.Sum("KSM") > 0;
        SmapsComparison.AssertEqual(smaps, shown, merged ? ["folioSizes", "ksm"] : ["folioSizes"]);
        Assert.Contains("folioSizes", shown.NotKnown);
        Assert.Equal(merged, shown.NotKnown.Contains("ksm"));
        string line = Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("pagealloc: not known, as the kernel does not show page frames to this root", line, StringComparison.Ordinal);
        Assert.Contains("the size of large folios", line, StringComparison.Ordinal);
        Assert.Equal(merged, line.Contains("which pages KSM merged", StringComparison.Ordinal));
    }

    // What the program has to cope with is there: the file opens, and its own frame is hidden.
    private static void AssertIsPossible()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        Skips.Unless(
            CommandRun.Shell("unshare --user --map-root-user head -c 8 /proc/kpageflags").ExitCode == 0,
            "this kernel has no user namespaces");
    }
}
