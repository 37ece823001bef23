using System.Text;
using PageAlloc.Targets;

namespace PageAlloc.Tests.Targets;

/// <summary>/proc/PID/stat, whose second field may hold anything. source: proc_pid_stat(5)</summary>
public sealed class ProcStatTests
{
    // Written by Linux 6.18 for "cat /proc/self/stat": 4194304 is PF_RANDOMIZE; 140736951484402 to 140736951484421 the arguments.
    private const string Cat =
        "4711 (cat) R 4700 4711 4700 34816 4711 4194304 95 0 0 0 0 0 0 0 20 0 1 0 424242 2621440 431 18446744073709551615 "
        + "94263486001152 94263486020017 140736951480848 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 94263486036016 94263486037632 94263912210432 "
        + "140736951484402 140736951484421 140736951484421 140736951488495 0\n";

    [Fact]
    public void Arguments_lie_between_two_addresses() =>
        Assert.Equal(new AddressRange(0x7fffdffffff2, 0x7fffe0000005), ProcStat.Arguments(Bytes(Cat)));

    [Theory]
    [InlineData("a b")]
    [InlineData(") R 1 1 1 1 1 64 1")]
    [InlineData("(((")]
    [InlineData("\n")]
    public void A_name_may_hold_blanks_and_brackets(string name)
    {
        byte[] stat = Bytes(Cat.Replace("(cat)", $"({name})", StringComparison.Ordinal));
        Assert.Equal(0x7fffdffffff2UL, ProcStat.Arguments(stat).Start);
        Assert.False(ProcStat.WasForked(stat));
    }

    // source: include/linux/sched.h, PF_FORKNOEXEC and PF_KTHREAD
    [Theory]
    [InlineData(4194304, false, false)]
    [InlineData(4194368, true, false)]
    [InlineData(64, true, false)]
    [InlineData(2097152, false, true)]
    [InlineData(2129984, true, true)]
    [InlineData(0, false, false)]
    public void Flags_tell_forked_processes_and_threads_of_the_kernel(int flags, bool forked, bool kernel)
    {
        byte[] stat = Bytes(Cat.Replace(" 4194304 ", $" {flags} ", StringComparison.Ordinal));
        Assert.Equal((forked, kernel), (ProcStat.WasForked(stat), ProcStat.IsKernelThread(stat)));
    }

    // Of processes of others the kernel writes zeros.
    [Fact]
    public void Addresses_that_are_hidden_are_no_arguments() => Assert.True(
        ProcStat.Arguments(Bytes(Cat.Replace("140736951484402 140736951484421", "0 0", StringComparison.Ordinal))).IsEmpty);

    [Theory]
    [InlineData("")]
    [InlineData("4711 (cat")]
    [InlineData("4711 (cat) R")]
    public void A_text_cut_short_says_nothing(string text)
    {
        Assert.True(ProcStat.Arguments(Bytes(text)).IsEmpty);
        Assert.False(ProcStat.WasForked(Bytes(text)));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
