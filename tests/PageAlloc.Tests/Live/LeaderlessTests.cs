using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>A process whose main thread is a zombie while another lives: its own directory in /proc shows no memory.</summary>
[Trait("Category", "Live")]
public sealed class LeaderlessTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(Launch.Nobody)]
    public void Its_pages_equal_smaps_of_the_thread_that_lives(int? user)
    {
        using TargetProgram target = TargetProgram.StartTarget("pages", ["leaderless"], user);
        Assert.Equal('Z', Vitals.State(target.Pid));
        int thread = target.ProcessId("child");
        (Smaps smaps, ShownProcess shown) = SmapsComparison.LookAt(thread, _ => ShownProcess.Of(target.Pid, user));
        SmapsComparison.AssertEqual(smaps, shown, user is null && Launch.IsRoot ? [] : ["folioSizes", "ksm"]);
        Assert.Equal(target.Pid, shown.Pid);
        TruthRegion region = target.Regions.Single();
        Assert.Equal(region.Runs, shown.RunsOf(region.Start, region.End, state => state));
    }

    [Theory]
    [InlineData("PID")]
    [InlineData("blocks PID")]
    [InlineData("PID --format json")]
    public void Every_command_shows_it(string command)
    {
        using TargetProgram target = TargetProgram.Pages("leaderless");
        CommandResult result = CommandRun.Run(command.Replace("PID", $"{target.Pid}", StringComparison.Ordinal).Split(' '));
        Assert.True(result.ExitCode == 0 && result.Error.Length == 0, result.ToString());
        Assert.NotEmpty(result.Output);
    }
}
