namespace PageAlloc.Tests.Views;

/// <summary>Names are bytes; shown as UTF-8, with what is none as \xNN.</summary>
public sealed class ByteTextTests
{
    [Theory]
    [InlineData(new byte[] { }, "")]
    [InlineData(new byte[] { (byte)'/', (byte)'a', (byte)' ', (byte)'~' }, "/a ~")]
    [InlineData(new byte[] { (byte)'\\', (byte)'0', (byte)'1', (byte)'2' }, "\\012")]
    [InlineData(new byte[] { 0xc3, 0xa9 }, "é")]
    [InlineData(new byte[] { 0xe6, 0x96, 0x87 }, "文")]
    [InlineData(new byte[] { 0xf0, 0x9f, 0x90, 0x8d }, "🐍")]
    [InlineData(new byte[] { (byte)'a', 0xff, (byte)'b' }, "a\\xffb")]
    [InlineData(new byte[] { 0xe9 }, "\\xe9")]
    [InlineData(new byte[] { 0x80 }, "\\x80")]
    [InlineData(new byte[] { 0xc3 }, "\\xc3")]
    [InlineData(new byte[] { 0xe6, 0x96 }, "\\xe6\\x96")]
    [InlineData(new byte[] { 0xf0, 0x9f, 0x90 }, "\\xf0\\x9f\\x90")]
    [InlineData(new byte[] { 0xc3, (byte)'(' }, "\\xc3(")]
    [InlineData(new byte[] { 0xc0, 0x80 }, "\\xc0\\x80")]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 }, "\\xed\\xa0\\x80")]
    [InlineData(new byte[] { 0xf4, 0x90, 0x80, 0x80 }, "\\xf4\\x90\\x80\\x80")]
    [InlineData(new byte[] { 0xff, 0xc3, 0xa9, 0xfe }, "\\xffé\\xfe")]
    public void Bytes_that_are_no_UTF8_are_written_as_numbers(byte[] bytes, string text)
    {
        Assert.Equal(text, ByteText.ToText(bytes));
        Assert.Equal(text, ByteText.ToPrintable(bytes));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0x1b, (byte)'[', (byte)'2', (byte)'J' }, "a\u001b[2J", "a\\x1b[2J")]
    [InlineData(new byte[] { (byte)'\t' }, "\t", "\\x09")]
    [InlineData(new byte[] { (byte)'\r', (byte)'\n' }, "\r\n", "\\x0d\\x0a")]
    [InlineData(new byte[] { 0 }, "\0", "\\x00")]
    [InlineData(new byte[] { 0x7f }, "\u007f", "\\x7f")]
    [InlineData(new byte[] { 0xc2, 0x9b, (byte)'m' }, "\u009bm", "\\xc2\\x9bm")]
    [InlineData(new byte[] { 0xc3, 0xa9, 0x07 }, "é\u0007", "é\\x07")]
    public void Control_characters_are_kept_as_text_and_made_harmless_for_a_terminal(byte[] bytes, string text, string printable)
    {
        Assert.Equal(text, ByteText.ToText(bytes));
        Assert.Equal(printable, ByteText.ToPrintable(bytes));
    }

    [Fact]
    public void No_byte_of_any_name_reaches_a_terminal_as_a_control()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        Assert.DoesNotContain(ByteText.ToPrintable(all), char.IsControl);
    }
}
