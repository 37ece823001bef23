using System.Text;
using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Tests.Targets;

/// <summary>Opening a process: this one, and some that can't be.</summary>
public sealed class LiveProcessTests
{
    [Fact]
    public void This_process_says_what_it_is()
    {
        using LiveProcess target = LiveProcess.Open(Environment.ProcessId);
        TargetInfo info = target.Info;
        Assert.Equal(TargetKind.Process, info.Kind);
        Assert.Equal(Environment.ProcessId, info.Pid);
        Assert.Equal(File.ReadAllText("/proc/self/comm").TrimEnd('\n'), Encoding.UTF8.GetString(info.Command.Span));
        Assert.Equal(Environment.ProcessPath, Encoding.UTF8.GetString(info.Executable!.Value.Span));
        Assert.Equal(Environment.SystemPageSize, info.PageSize);
        Assert.Equal(nint.Size, info.PointerSize);
        Assert.Equal(
            File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0'),
            info.Arguments!.Select(a => Encoding.UTF8.GetString(a.Span)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public void A_number_that_no_process_has_is_an_error_with_advice(int pid)
    {
        TargetException e = Assert.Throws<TargetException>(() => LiveProcess.Open(pid));
        Assert.Equal(TargetFailure.NoSuchProcess, e.Failure);
        Assert.Contains($"{pid}", e.Message, StringComparison.Ordinal);
        Assert.NotNull(e.Advice);
    }

    [Fact]
    public void A_file_that_is_not_there_reads_as_a_process_that_ended()
    {
        using LiveProcess target = LiveProcess.Open(Environment.ProcessId);
        IProcDirectory files = target;
        Assert.Null(files.TryOpen("no such file"));
        Assert.Equal(TargetFailure.Ended, Assert.Throws<TargetException>(() => files.Open("no such file")).Failure);
    }

    [Fact]
    public void A_file_above_its_cap_is_refused()
    {
        using LiveProcess target = LiveProcess.Open(Environment.ProcessId, new Limits { MaxProcFileBytes = 4096 });
        IProcDirectory files = target;
        TargetException e = Assert.Throws<TargetException>(() => files.ReadText("maps"));
        Assert.Equal(TargetFailure.LimitExceeded, e.Failure);
    }

    [Fact]
    public void Links_are_followed_below_the_directory()
    {
        using LiveProcess target = LiveProcess.Open(Environment.ProcessId);
        IProcDirectory files = target;
        Assert.True(files.TryStat("exe", out statx_t stat));
        Assert.Equal((ulong)new FileInfo(Environment.ProcessPath!).Length, stat.stx_size);
    }

    [Fact]
    public void A_kind_of_target_without_files_is_not_supported()
    {
        using var core = new NoFiles();
        Assert.Equal(
            TargetFailure.NotSupported,
            Assert.Throws<TargetException>(() => PageAlloc.Mappings.MappingTable.Read(core)).Failure);
        Assert.Equal(
            TargetFailure.NotSupported,
            Assert.Throws<TargetException>(() => PageAlloc.Pages.PageTableReader.Read(core, [])).Failure);
    }

    private sealed class NoFiles : ITarget
    {
        public TargetInfo Info { get; } = new()
        {
            Kind = TargetKind.Core,
            Pid = 1,
            Command = default,
            Arguments = [],
            Executable = null,
            PageSize = 4096,
            PointerSize = 8,
        };

        public void Dispose()
        {
        }
    }
}
