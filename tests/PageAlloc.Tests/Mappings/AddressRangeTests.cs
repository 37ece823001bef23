namespace PageAlloc.Tests.Mappings;

/// <summary>Half-open ranges of addresses, up to the last one there is.</summary>
public sealed class AddressRangeTests
{
    private static readonly AddressRange Range = new(0x1000, 0x3000);

    [Theory]
    [InlineData(0xfff, false)]
    [InlineData(0x1000, true)]
    [InlineData(0x2fff, true)]
    [InlineData(0x3000, false)]
    public void The_end_lies_outside(ulong address, bool inside) => Assert.Equal(inside, Range.Contains(address));

    [Theory]
    [InlineData(0x0, 0x1000, false)]
    [InlineData(0x0, 0x1001, true)]
    [InlineData(0x2000, 0x2001, true)]
    [InlineData(0x2fff, 0x4000, true)]
    [InlineData(0x3000, 0x4000, false)]
    [InlineData(0x0, ulong.MaxValue, true)]
    public void Ranges_overlap_when_they_share_a_byte(ulong start, ulong end, bool overlap)
    {
        Assert.Equal(overlap, Range.Overlaps(new AddressRange(start, end)));
        Assert.Equal(overlap, new AddressRange(start, end).Overlaps(Range));
        Assert.Equal(!overlap, Range.Intersect(new AddressRange(start, end)).IsEmpty);
    }

    [Theory]
    [InlineData(0x0, 0x2000, 0x1000, 0x2000)]
    [InlineData(0x1800, 0x1900, 0x1800, 0x1900)]
    [InlineData(0x2000, 0xffffffffffffffff, 0x2000, 0x3000)]
    public void The_intersection_is_what_both_have(ulong start, ulong end, ulong bothStart, ulong bothEnd) =>
        Assert.Equal(new AddressRange(bothStart, bothEnd), Range.Intersect(new AddressRange(start, end)));

    [Fact]
    public void Lengths_are_bytes()
    {
        Assert.Equal(0x2000UL, Range.Length);
        Assert.Equal(0UL, new AddressRange(5, 5).Length);
        Assert.True(new AddressRange(5, 5).IsEmpty);
        Assert.Equal("0x1000-0x3000", Range.ToString());
    }
}
