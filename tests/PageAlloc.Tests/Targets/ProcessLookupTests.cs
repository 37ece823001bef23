using PageAlloc.Targets;

namespace PageAlloc.Tests.Targets;

/// <summary>Finding processes by name.</summary>
public sealed class ProcessLookupTests
{
    [Fact]
    public void This_process_is_in_the_list()
    {
        ProcessEntry own = Assert.Single(ProcessLookup.All(), p => p.Pid == Environment.ProcessId);
        Assert.Equal(File.ReadAllText("/proc/self/comm").TrimEnd('\n'), own.Name);
        Assert.Equal(Environment.ProcessPath, own.Program);
    }

    [Fact]
    public void A_name_that_nobody_has_is_an_error_that_repeats_it()
    {
        TargetException e = Assert.Throws<TargetException>(() => ProcessLookup.FindOne("no-such-name-anywhere"));
        Assert.Equal(TargetFailure.NoSuchProcess, e.Failure);
        Assert.Contains("'no-such-name-anywhere'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void This_process_may_read_itself() => Assert.True(ProcessLookup.MayRead(Environment.ProcessId));

    [Fact]
    public void Nobody_may_read_a_process_that_is_not_there() => Assert.False(ProcessLookup.MayRead(int.MaxValue));
}
