using System.Text;
using PageAlloc.Mappings;

namespace PageAlloc.Tests.Mappings;

/// <summary>Texts that are not /proc/PID/maps, or too much of it.</summary>
public sealed class MapsParserFaultTests
{
    private const string Good = "00400000-00401000 r--p 00000000 08:01 5                                  /a\n";

    [Theory]
    [InlineData("garbage")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\0\0\0\0")]
    [InlineData("00500000")]
    [InlineData("00500000-")]
    [InlineData("00500000-00501000")]
    [InlineData("00500000-00501000 ")]
    [InlineData("00500000-00501000 r--p")]
    [InlineData("00500000-00501000 r--p 00000000")]
    [InlineData("00500000-00501000 r--p 00000000 08:01")]
    [InlineData("00500000-00501000 r--p 00000000 08:01 ")]
    [InlineData("00500000-00501000 r--p 00000000 08:01 x")]
    [InlineData("00500000-00501000 r--p 00000000 08:01 -1 /a")]
    [InlineData("00500000-00501000 r--p 00000000 08:01 18446744073709551616 /a")]
    [InlineData("00500000-00501000 r--p 00000000 0801 5 /a")]
    [InlineData("00500000-00501000 r--p 00000000 100000000:01 5 /a")]
    [InlineData("00500000-00501000 r--p 00000000 08:100000000 5 /a")]
    [InlineData("00500000-00501000 r--px 00000000 08:01 5 /a")]
    [InlineData("00500000 00501000 r--p 00000000 08:01 5 /a")]
    [InlineData("-00501000 r--p 00000000 08:01 5 /a")]
    [InlineData("0x500000-0x501000 r--p 00000000 08:01 5 /a")]
    [InlineData("10000000000500000-10000000000501000 r--p 00000000 08:01 5 /a")]
    [InlineData("00501000-00501000 r--p 00000000 08:01 5 /a")]
    [InlineData("00501000-00500000 r--p 00000000 08:01 5 /a")]
    public void A_line_of_another_form_is_refused(string line) => AssertRefused(line);

    [Theory]
    [InlineData("00500000-00501000 abcd 00000000 08:01 5 /a")]
    [InlineData("00500000-00501000 rwx? 00000000 08:01 5 /a")]
    [InlineData("00500000-00501000 wr-p 00000000 08:01 5 /a")]
    public void Permissions_of_other_letters_are_refused(string line) => AssertRefused(line);

    [Fact]
    public void An_inode_with_letters_in_it_is_refused() => AssertRefused("00500000-00501000 r--p 00000000 08:01 5x /a");

    [Theory]
    [InlineData("00400000-00402000 r--p 00000000 08:01 5 /a")]
    [InlineData("00400800-00402000 r--p 00000000 08:01 5 /a")]
    [InlineData("00300000-00302000 r--p 00000000 08:01 5 /a")]
    public void Lines_out_of_order_are_refused(string line) => AssertRefused(line);

    [Fact]
    public void The_message_is_printable()
    {
        FormatException e = Assert.Throws<FormatException>(() => Parse(Good + "\u001b[2J\n", 10));
        Assert.EndsWith("\\x1b[2J", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Fact]
    public void As_many_lines_as_the_cap_are_read() => Assert.Equal(2, Parse(Lines(2), 2).Count);

    [Fact]
    public void More_lines_than_the_cap_are_refused()
    {
        TargetException e = Assert.Throws<TargetException>(() => Parse(Lines(3), 2));
        Assert.Equal(TargetFailure.LimitExceeded, e.Failure);
        Assert.Contains("2 mappings", e.Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(string line)
    {
        FormatException e = Assert.Throws<FormatException>(() => Parse(Good + line + "\n", 10));
        Assert.Contains("line 2", e.Message, StringComparison.Ordinal);
    }

    private static string Lines(int count) =>
        string.Concat(Enumerable.Range(1, count).Select(i => $"{i:x8}000-{i:x8}800 r--p 00000000 00:00 0 \n"));

    private static List<Mapping> Parse(string text, int maxMappings) => MapsParser.Parse(Encoding.UTF8.GetBytes(text), maxMappings);
}
