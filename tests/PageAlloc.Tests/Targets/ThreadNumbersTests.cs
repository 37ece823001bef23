using System.Globalization;
using System.Text;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Targets;

/// <summary>The numbers of threads, in our PID namespace and in theirs.</summary>
public sealed class ThreadNumbersTests
{
    [Theory]
    [InlineData("Name:\tx\nNSpid:\t123\nNSpgid:\t1\n", 123, false)]
    [InlineData("Name:\tx\nNSpid:\t21108\t1\nNSpgid:\t1\n", 1, true)]
    [InlineData("NSpid:\t21108\t7\t3\n", 3, true)]
    [InlineData("NSpid:\t21108\tx\n", null, true)]
    [InlineData("NSpid:\t\n", null, false)]
    [InlineData("Name:\tNSpid\n", null, false)]
    [InlineData("", null, false)]
    public void The_innermost_number_is_the_last(string status, int? number, bool isNested)
    {
        Assert.Equal(number, ThreadNumbers.Inner(Encoding.ASCII.GetBytes(status), out bool nested));
        Assert.Equal(isNested, nested);
    }

    [Fact]
    public void Threads_of_our_own_namespace_have_one_number()
    {
        using LiveProcess self = LiveProcess.Open(Environment.ProcessId);
        Dictionary<int, int> numbers = ThreadNumbers.Of(self);
        Assert.Equal(Environment.ProcessId, numbers[Environment.ProcessId]);
        Assert.All(numbers, n => Assert.Equal(n.Key, n.Value));
        Assert.All(numbers.Values, tid => Assert.True(tid > 0, tid.ToString(CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void A_process_that_is_gone_is_said()
    {
        using System.Diagnostics.Process process = Launch.Start("sleep", ["600"]);
        using LiveProcess target = LiveProcess.Open(process.Id);
        process.Kill();
        process.WaitForExit();
        TargetException e = Assert.Throws<TargetException>(() => ThreadNumbers.Of(target));
        Assert.Equal(TargetFailure.Ended, e.Failure);
    }
}
