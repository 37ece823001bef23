using System.Text;
using PageAlloc.Targets;

namespace PageAlloc.Tests.Targets;

/// <summary>Fields of the texts that /proc is full of.</summary>
public sealed class ProcStatusTests
{
    private const string Status = "Name:\tcat\nUmask:\t0022\nState:\tS (sleeping)\nVmPeak:\t    2560 kB\nVmSize:\t    2560 kB\nHugetlbPages:\t       0 kB\nEmpty:\nVmSwap:\tmuch\nLast:\tend";

    [Theory]
    [InlineData("Name:", "cat")]
    [InlineData("State:", "S (sleeping)")]
    [InlineData("VmSize:", "2560 kB")]
    [InlineData("Empty:", "")]
    [InlineData("Last:", "end")]
    [InlineData("VmRSS:", "")]
    [InlineData("ask:", "")]
    public void A_field_is_the_text_behind_its_name(string name, string value) =>
        Assert.Equal(value, Encoding.UTF8.GetString(ProcStatus.Field(Encoding.UTF8.GetBytes(Status), Encoding.UTF8.GetBytes(name))));

    [Theory]
    [InlineData("VmSize:", 2_621_440UL)]
    [InlineData("HugetlbPages:", 0UL)]
    [InlineData("VmRSS:", null)]
    [InlineData("VmSwap:", null)]
    public void A_size_is_given_in_bytes_and_absent_is_not_zero(string name, ulong? bytes) =>
        Assert.Equal(bytes, ProcStatus.Bytes(Encoding.UTF8.GetBytes(Status), Encoding.UTF8.GetBytes(name)));

    [Fact]
    public void An_empty_text_has_no_fields() => Assert.True(ProcStatus.Field([], "Name:"u8).IsEmpty);
}
