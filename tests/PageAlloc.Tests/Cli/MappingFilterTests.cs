using PageAlloc.Cli;
using PageAlloc.Mappings;
using PageAlloc.Tests.Mappings;

namespace PageAlloc.Tests.Cli;

/// <summary>Mappings picked by address, by range or by name.</summary>
public sealed class MappingFilterTests
{
    private static readonly Mapping[] Mappings =
    [
        TestMapping.Of(0x400000, 0x402000, "/usr/bin/dead"),
        TestMapping.Of(0x10000000, 0x10021000, "[heap]"),
        TestMapping.Of(0x7f0000000000, 0x7f0000001000),
        TestMapping.Of(0x7f0000001000, 0x7f0000002000, "/usr/lib/libc.so.6"),
        TestMapping.Of(0x7f0000002000, 0x7f0000003000, "/tmp/a\u001bb 0x400000"),
        TestMapping.Of(0xffffffffff600000, 0xffffffffff601000, "[vsyscall]"),
    ];

    // The numbers of the mappings picked.
    [Theory]
    [InlineData("0x400000", "0")]
    [InlineData("0X401FFF", "0")]
    [InlineData("0x402000", "")]
    [InlineData("0x0", "")]
    [InlineData("7f0000001fff", "3")]
    [InlineData("7F0000001FFF", "3")]
    [InlineData("00400000", "0")]
    [InlineData("0xffffffffff600fff", "5")]
    public void An_address_picks_the_mapping_around_it(string filter, string picked) => AssertPicks(filter, picked);

    [Theory]
    [InlineData("00400000-00402000", "0")]
    [InlineData("0x401fff-0x10000001", "0 1")]
    [InlineData("0x402000-0x10000000", "")]
    [InlineData("7f0000000000-7f0000001000", "2")]
    [InlineData("7f0000000fff-7f0000001001", "2 3")]
    [InlineData("0x0-0xffffffffffffffff", "0 1 2 3 4 5")]
    [InlineData("ffffffffff600000-ffffffffff601000", "5")]
    public void A_range_picks_what_it_overlaps(string filter, string picked) => AssertPicks(filter, picked);

    [Theory]
    [InlineData("heap", "1")]
    [InlineData("^\\[", "1 5")]
    [InlineData("dead", "0")]
    [InlineData("^/usr/(bin|lib)/", "0 3")]
    [InlineData("(?i)LIBC", "3")]
    [InlineData("anonymous", "2")]
    [InlineData("\\\\x1b", "4")]
    [InlineData("", "0 1 2 3 4 5")]
    [InlineData("nothing is called so", "")]
    [InlineData("so.6$", "3")]
    [InlineData("a-b", "")]
    public void Anything_else_is_an_expression_on_the_name(string filter, string picked) => AssertPicks(filter, picked);

    [Theory]
    [InlineData("0x2000-0x1000", "ends before it begins")]
    [InlineData("0x1000-0x1000", "ends before it begins")]
    [InlineData("[", "no regular expression")]
    [InlineData("(", "no regular expression")]
    [InlineData("*", "no regular expression")]
    public void What_is_none_of_them_is_refused_with_the_reason(string filter, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => MappingFilter.Parse(filter)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_expression_that_takes_for_ever_is_a_usage_error()
    {
        Mapping mapping = TestMapping.Of(0, 0x1000, new string('a', 60) + "!");
        Assert.Throws<UsageException>(() => MappingFilter.Parse("^(a+)+$").Matches(mapping));
    }

    [Fact]
    public void The_page_at_the_end_of_all_addresses_can_be_picked()
    {
        Mapping last = TestMapping.Of(0xfffffffffffff000, 0xffffffffffffffff, "[last]");
        Assert.True(MappingFilter.Parse("0xfffffffffffff000").Matches(last));
        Assert.False(MappingFilter.Parse("0xffffffffffffffff").Matches(last));
    }

    private static void AssertPicks(string filter, string picked)
    {
        MappingFilter parsed = MappingFilter.Parse(filter);
        Assert.Equal(picked, string.Join(' ', Enumerable.Range(0, Mappings.Length).Where(i => parsed.Matches(Mappings[i]))));
    }
}
