using PageAlloc.Views;

namespace PageAlloc.Tests.Views;

/// <summary>Numbers and columns as people read them.</summary>
public sealed class TextSinkTests
{
    [Theory]
    [InlineData(0UL, "0 B")]
    [InlineData(1UL, "1 B")]
    [InlineData(1023UL, "1023 B")]
    [InlineData(1024UL, "1.0 KiB")]
    [InlineData(1536UL, "1.5 KiB")]
    [InlineData(4096UL, "4.0 KiB")]
    [InlineData(102_400UL, "100.0 KiB")]
    [InlineData(1_048_524UL, "1023.9 KiB")]
    [InlineData(1_048_525UL, "1.0 MiB")]
    [InlineData(1_048_575UL, "1.0 MiB")]
    [InlineData(1_048_576UL, "1.0 MiB")]
    [InlineData(1_610_612_736UL, "1.5 GiB")]
    [InlineData(1UL << 40, "1.0 TiB")]
    [InlineData(16UL << 40, "16.0 TiB")]
    [InlineData(1UL << 50, "1.0 PiB")]
    [InlineData(1UL << 60, "1.0 EiB")]
    [InlineData(ulong.MaxValue, "16.0 EiB")]
    public void A_size_has_the_largest_unit_that_it_fills(ulong bytes, string text) => Assert.Equal(text, TextSink.Size(bytes));

    [Theory]
    [InlineData(0UL, "0")]
    [InlineData(999UL, "999")]
    [InlineData(1000UL, "1,000")]
    [InlineData(1_048_576UL, "1,048,576")]
    [InlineData(ulong.MaxValue, "18,446,744,073,709,551,615")]
    public void A_count_has_separators(ulong count, string text) => Assert.Equal(text, TextSink.Count(count));

    [Theory]
    [InlineData(0UL, "0 pages")]
    [InlineData(1UL, "1 page")]
    [InlineData(2UL, "2 pages")]
    [InlineData(1024UL, "1,024 pages")]
    public void Pages_are_counted_in_words(ulong pages, string text) => Assert.Equal(text, TextSink.Pages(pages));

    [Theory]
    [InlineData(0UL, "  ...............0  ")]
    [InlineData(0x1000UL, "  ............1000  ")]
    [InlineData(0x56419d007000UL, "  ....56419d007000  ")]
    [InlineData(0xffffffffff600000UL, "  ffffffffff600000  ")]
    public void An_address_is_sixteen_wide(ulong address, string text) =>
        Assert.Equal(text, Shown.Text(o => new TextSink(o).Address(address)));

    [Theory]
    [InlineData("ab", 4, "ab  |")]
    [InlineData("ab", -4, "  ab|")]
    [InlineData("abcd", 4, "abcd|")]
    [InlineData("abcde", 4, "abcde|")]
    [InlineData("abcde", -4, "abcde|")]
    [InlineData("", 0, "|")]
    public void A_column_is_filled_up_with_blanks(string text, int width, string column) =>
        Assert.Equal(column, Shown.Text(o => new TextSink(o).Column(text, width).Write("|")));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-17, "-17")]
    [InlineData(int.MinValue, "-2147483648")]
    public void A_number_has_its_digits(int number, string text) => Assert.Equal(text, Shown.Text(o => new TextSink(o).Write(number)));
}
