using System.Diagnostics;
using System.Text;
using PageAlloc.Targets;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Snapshots;

/// <summary><c>pagealloc record</c>: the file appears whole, grows by whole moments, and holds no more than it says.</summary>
[Trait("Category", "Live")]
public sealed class RecordTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    private string Snapshot => Path.Combine(_folder.Path, "s");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Only_its_owner_may_read_it_and_nothing_else_is_left()
    {
        using HeapProgram program = Heap("one");
        Assert.Equal(0, CommandRun.Run("record", $"{program.Pid}", "-o", Snapshot).ExitCode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Snapshot));
        Assert.Equal([Snapshot], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_file_is_replaced_only_when_that_is_asked_for()
    {
        using HeapProgram program = Heap("one");
        File.WriteAllText(Snapshot, "mine");
        CommandResult refused = CommandRun.Run("record", $"{program.Pid}", "-o", Snapshot);
        Assert.Equal((3, $"pagealloc: can't write {Snapshot}: there is such a file already\npagealloc: --force replaces a file, once the new one is complete\n"), (refused.ExitCode, refused.Error));
        Assert.Equal("mine", File.ReadAllText(Snapshot));
        Assert.Equal(3, CommandRun.Run("record", "999999999", "-o", Snapshot, "--force").ExitCode);
        Assert.Equal("mine", File.ReadAllText(Snapshot));
        Assert.Equal(0, CommandRun.Run("record", $"{program.Pid}", "-o", Snapshot, "--force").ExitCode);
        Assert.True(SnapshotFile.IsOne(Snapshot));
        Assert.Equal([Snapshot], Directory.GetFiles(_folder.Path));
        Assert.Equal(3, CommandRun.Run("record", $"{program.Pid}", "-o", "/dev/null", "--force").ExitCode);
    }

    [Fact]
    public void A_series_has_all_moments_in_one_file()
    {
        using HeapProgram program = Heap("arenas");
        CommandResult result = CommandRun.Run("record", $"{program.Pid}", "-o", Snapshot, "--every", "20ms", "--count", "3", "--freeze");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"{Snapshot} has 3 moments", result.Error, StringComparison.Ordinal);
        string live = CommandRun.Run("blocks", $"{program.Pid}").Text;
        Assert.All([1, 2, 3], n => Assert.Equal(live, CommandRun.Run("blocks", $"{Snapshot}@{n}").Text));
        CommandResult beyond = CommandRun.Run("blocks", $"{Snapshot}@4");
        Assert.Equal((3, $"pagealloc: {Snapshot} has no moment 4, only 1 to 3\n"), (beyond.ExitCode, beyond.Error));
        Assert.Contains("moment 3 of 3", CommandRun.Run("summary", Snapshot).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void A_signal_ends_a_series_cleanly(string signal)
    {
        using HeapProgram program = Heap("one");
        using Process recorder = CommandRun.Start(["record", $"{program.Pid}", "-o", Snapshot, "--every", "10ms"]);
        WaitForMoments(2);
        Launch.Run("kill", $"-{signal}", $"{recorder.Id}");
        CommandResult result = CommandRun.Finish(recorder);
        Assert.Equal(0, result.ExitCode);
        Assert.Null(Damage());
        Assert.Equal([Snapshot], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 4)]
    public void The_end_of_the_process_ends_a_series(bool counted, int code)
    {
        HeapProgram program = Heap("one");
        using Process recorder = CommandRun.Start(
            ["record", $"{program.Pid}", "-o", Snapshot, "--every", "10ms", .. counted ? (string[])["--count", "1000000"] : []]);
        try
        {
            WaitForMoments(2);
        }
        finally
        {
            program.Dispose();
        }

        CommandResult result = CommandRun.Finish(recorder);
        Assert.True(result.ExitCode == code, result.ToString());
        Assert.Contains("ended", result.Error, StringComparison.Ordinal);
        Assert.Null(Damage());
    }

    [Fact]
    public void What_is_killed_amid_a_series_leaves_the_moments_before()
    {
        using HeapProgram program = Heap("one");
        using Process recorder = CommandRun.Start(["record", $"{program.Pid}", "-o", Snapshot, "--every", "1ms", "--contents"]);
        WaitForMoments(3);
        recorder.Kill();
        recorder.WaitForExit();
        using SnapshotFile file = SnapshotFile.Open(Snapshot);
        Assert.True(file.Info.Recorded!.Count >= 3);
        Assert.NotEmpty(Recording.LookAtAll(Snapshot));
    }

    [Fact]
    public void A_block_takes_two_bytes_at_most()
    {
        using HeapProgram program = Heap("big", "64000000", "400000");
        Assert.Equal(0, CommandRun.Run("record", $"{program.Pid}", "-o", Snapshot).ExitCode);
        int blocks = CommandRun.Run("blocks", Snapshot, "--format", "csv").Output.Count(b => b == '\n');
        Assert.InRange(blocks, 100_000, int.MaxValue);
        Assert.InRange(new FileInfo(Snapshot).Length, 1, 2L * blocks);
    }

    [Fact]
    public void What_the_process_knows_is_in_the_file_only_with_contents()
    {
        // It is put together only when the program runs, so that it stands in no argument and no file.
        using TargetProgram target = TargetProgram.Start("/bin/bash", ["-c", "s=geh; s=${s}eim; for i in 1 2 3 4; do s=$s$s; done; echo READY; read -r x"]);
        byte[] secret = Encoding.ASCII.GetBytes("geheimgeheimgeheim");
        Assert.Equal(0, CommandRun.Run("record", $"{target.Pid}", "-o", Snapshot).ExitCode);
        Assert.Equal(0, CommandRun.Run("record", $"{target.Pid}", "-o", Snapshot + "c", "--contents").ExitCode);
        Assert.DoesNotContain(SectionBytes.Read(Snapshot), s => s.Bytes.AsSpan().IndexOf(secret) >= 0);
        Assert.Contains(SectionBytes.Read(Snapshot + "c"), s => s.Id == SectionId.ContentBytes && s.Bytes.AsSpan().IndexOf(secret) >= 0);
        Assert.DoesNotContain(SectionBytes.Read(Snapshot), s => s.Id is SectionId.Contents or SectionId.ContentBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--contents")]
    public void Recording_leaves_no_trace(string option)
    {
        using HeapProgram program = Heap("churn", "1", "4", "20000");
        string before = SituationLook.Settle(program.Pid).ToString();
        Assert.Equal(0, CommandRun.Run(["record", $"{program.Pid}", "-o", Snapshot, .. option.Length == 0 ? (string[])[] : [option]], user: null).ExitCode);
        Assert.Equal(before, Vitals.Of(program.Pid).ToString());
    }

    [Theory]
    [InlineData("--count", "3")]
    [InlineData("--every", "10")]
    [InlineData("--every", "0s")]
    [InlineData("--every", "1s", "--count", "0")]
    public void What_makes_no_sense_is_refused(params string[] options) =>
        Assert.Equal(2, CommandRun.Run(["record", "1", "-o", Snapshot, .. options], user: null).ExitCode);

    // What is recorded while it changes is not of one moment, which is said; but it can be read.
    [Fact]
    public void A_process_that_never_rests_is_recorded_so_that_it_can_be_read()
    {
        using HeapProgram program = Heap("busyAlone", "9");
        for (int i = 0; i < 10; i++)
        {
            CommandResult recorded = CommandRun.Run("record", $"{program.Pid}", "-o", Snapshot, "--force");
            Assert.True(recorded.ExitCode is 0 or 4, recorded.ToString());
            CommandResult blocks = CommandRun.Run("blocks", Snapshot, "--format", "csv");
            Assert.True(blocks.ExitCode == recorded.ExitCode, $"{recorded} {blocks}");
            Assert.NotEmpty(blocks.Output);
            Assert.Equal(recorded.ExitCode, CommandRun.Run(Snapshot, "--format", "json").ExitCode);
        }
    }

    [Fact]
    public void Of_a_core_file_its_contents_are_kept_and_no_time_is_made_up()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["tcaches"], folder: _folder.Path);
        string core = Targets.Cores.CoreProgram.Gcore(program.Pid, _folder.Path);
        Assert.Equal(0, CommandRun.Run("record", core, "-o", Snapshot, "--contents").ExitCode);
        string address = CommandRun.Run("blocks", core).Text.Split('\n')[5].Split(' ')[0];
        Assert.Equal(CommandRun.Run("whatis", core, address).Text, CommandRun.Run("whatis", Snapshot, address).Text);
        Assert.Contains("\"time\":null", CommandRun.Run(Snapshot, "--format", "json").Text, StringComparison.Ordinal);
        CommandResult every = CommandRun.Run("record", core, "-o", Snapshot + "2", "--every", "1s");
        Assert.True(every.ExitCode == 2 && every.Error.Contains("does not change", StringComparison.Ordinal), every.ToString());
        string again = Path.Combine(_folder.Path, "again");
        CommandResult without = CommandRun.Run("record", Snapshot, "-o", again);
        Assert.Equal(0, without.ExitCode);
        Assert.Equal(4, CommandRun.Run("record", again, "-o", again + "2", "--contents").ExitCode);
    }

    [Fact]
    public void Through_a_link_the_file_is_replaced_and_not_the_link()
    {
        using HeapProgram program = Heap("one");
        string file = Path.Combine(_folder.Path, "file");
        File.WriteAllText(file, "old");
        File.CreateSymbolicLink(Snapshot, file);
        Assert.Equal(0, CommandRun.Run("record", $"{program.Pid}", "-o", Snapshot, "--force").ExitCode);
        Assert.Equal(file, new FileInfo(Snapshot).LinkTarget);
        Assert.Equal(0, CommandRun.Run(file, "--show", "summary").ExitCode);
        Assert.Equal(["file", "s"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    private static HeapProgram Heap(params string[] arguments) => HeapProgram.Start(TargetProgram.PathOf("heap"), arguments);

    private string? Damage()
    {
        using SnapshotFile file = SnapshotFile.Open(Snapshot);
        return file.Info.Incomplete;
    }

    // The file itself is the signal: it appears with its first moment, and grows.
    private void WaitForMoments(int count)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < CommandRun.Limit)
        {
            if (File.Exists(Snapshot) && SnapshotFile.Open(Snapshot) is var file)
            {
                int moments = file.Info.Recorded!.Count;
                file.Dispose();
                if (moments >= count)
                {
                    return;
                }
            }

            Thread.Yield();
        }

        Assert.Fail($"no {count} moments after {CommandRun.Limit}");
    }
}
