using System.Diagnostics;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>Targets that cannot be shown, output that cannot be written, runs that are broken off.</summary>
[Trait("Category", "Live")]
public sealed class FailureTests
{
    private const int Usage = 2, CannotOpen = 3, Incomplete = 4;

    [Fact]
    public void A_process_that_does_not_exist_cannot_be_opened() =>
        AssertFails(CannotOpen, CommandRun.Run($"{GonePid()}"));

    [Fact]
    public void A_kernel_thread_has_no_memory()
    {
        int kthreadd = 2;
        Skips.Unless(Launch.IsRoot, "needs root");
        AssertFails(CannotOpen, CommandRun.Run($"{kthreadd}"), "kernel thread");
    }

    [Fact]
    public void A_zombie_has_no_memory()
    {
        using TargetProgram target = TargetProgram.Pages("zombie");
        AssertFails(CannotOpen, CommandRun.Run($"{target.ProcessId("zombie")}"), "zombie");
    }

    [Fact]
    public void Without_rights_the_message_names_the_capability()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using TargetProgram target = TargetProgram.Pages("small");
        AssertFails(CannotOpen, CommandRun.Run([$"{target.Pid}"], Launch.Nobody), "CAP_SYS_PTRACE");
    }

    [Fact]
    public void A_process_closed_to_its_own_user_cannot_be_opened()
    {
        using TargetProgram target = TargetProgram.PagesAsNobody("closed");
        AssertFails(CannotOpen, CommandRun.Run([$"{target.Pid}"], Launch.Nobody), "CAP_SYS_PTRACE");
    }

    [Fact]
    public void A_bad_option_is_a_usage_error()
    {
        CommandResult result = CommandRun.Run("1", "--no-such-option");
        AssertFails(Usage, result, "--no-such-option");
        Assert.Empty(result.Output);
    }

    [Fact]
    public void No_target_is_a_usage_error() => AssertFails(Usage, CommandRun.Run());

    [Fact]
    public void A_name_that_nobody_has_cannot_be_opened() =>
        AssertFails(CannotOpen, CommandRun.Run("no-such-process-name"), "no-such-process-name");

    [Fact]
    public void A_name_that_one_process_has_is_that_process()
    {
        using var twins = new Twins(1);
        CommandResult result = CommandRun.Run(twins.Name, "--format", "json", "--runs");
        Assert.Equal(twins.Pids[0], ShownProcess.Parse(result).Pid);
    }

    [Fact]
    public void A_name_that_two_processes_have_lists_both()
    {
        using var twins = new Twins(2);
        CommandResult result = CommandRun.Run(twins.Name);
        AssertFails(CannotOpen, result, $"{twins.Pids[0]}");
        AssertFails(CannotOpen, result, $"{twins.Pids[1]}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(120)]
    [InlineData(180)]
    [InlineData(250)]
    public void A_process_that_ends_midway_is_told_without_a_crash(int milliseconds)
    {
        using TargetProgram target = TargetProgram.Pages("manyMappings");
        Process look = CommandRun.Start([$"{target.Pid}", "--format", "json", "--runs"]);
        Thread.Sleep(milliseconds);
        target.LetEnd();
        CommandResult result = CommandRun.Finish(look);
        Assert.Contains(result.ExitCode, new[] { 0, CannotOpen, Incomplete });
        if (result.ExitCode != 0)
        {
            AssertFails(result.ExitCode, result, $"{target.Pid}");
        }
    }

    [Fact]
    public void A_broken_pipe_ends_the_run_as_SIGPIPE_does()
    {
        using TargetProgram target = TargetProgram.Pages("everyOther");
        CommandResult result = CommandRun.Shell(
            "\"$0\" \"$1\" --format json --runs | head -c 100; exit ${PIPESTATUS[0]}", $"{target.Pid}");
        Assert.Equal(141, result.ExitCode);
        Assert.Equal(100, result.Output.Length);
        Assert.Equal("", result.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--format json")]
    public void A_full_disk_is_an_error(string options)
    {
        using TargetProgram target = TargetProgram.Pages("small");
        CommandResult result = CommandRun.Shell($"\"$0\" \"$1\" {options} > /dev/full", $"{target.Pid}");
        AssertFails(CannotOpen, result, "No space left on device");
    }

    [Theory]
    [InlineData(Signals.Interrupt, 130)]
    [InlineData(Signals.Terminate, 143)]
    public void A_signal_ends_the_run_and_not_the_target(int signal, int exitCode)
    {
        using TargetProgram target = TargetProgram.Pages("everyOther");
        SituationLook.Settle(target.Pid);

        // Nobody empties the pipe, so the run is in the middle when the signal comes.
        Process look = CommandRun.Start([$"{target.Pid}", "--format", "json", "--runs"]);
        int first = look.StandardOutput.BaseStream.ReadByte();
        Assert.Equal('{', first);
        Thread.Sleep(100);
        Assert.False(look.HasExited);
        Signals.Send(look.Id, signal);
        CommandResult result = CommandRun.Finish(look);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal('S', Vitals.State(target.Pid));
    }

    private static void AssertFails(int exitCode, CommandResult result, string named = "")
    {
        Assert.True(exitCode == result.ExitCode, $"expected exit {exitCode}: {result}");
        Assert.StartsWith("pagealloc: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("\n", result.Error, StringComparison.Ordinal);
    }

    private static int GonePid()
    {
        using Process gone = Launch.Start("true", []);
        gone.WaitForExit();
        return gone.Id;
    }

    /// <summary>Processes of one name that no other process has.</summary>
    private sealed class Twins : IDisposable
    {
        private readonly WorkFolder _folder = new();
        private readonly List<TargetProgram> _targets = [];

        public Twins(int count)
        {
            // The kernel keeps 15 bytes of a name.
            Name = $"twin-{Environment.ProcessId}-{count}";
            string program = Path.Combine(_folder.Path, Name);
            File.CreateSymbolicLink(program, TargetProgram.PathOf("pages"));
            for (int i = 0; i < count; i++)
            {
                _targets.Add(TargetProgram.Start(program, ["small"]));
            }
        }

        public string Name { get; }

        public List<int> Pids => _targets.ConvertAll(t => t.Pid);

        public void Dispose()
        {
            _targets.ForEach(t => t.Dispose());
            _folder.Dispose();
        }
    }
}
