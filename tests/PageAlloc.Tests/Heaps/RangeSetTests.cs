using CsCheck;
using PageAlloc.Heaps;

namespace PageAlloc.Tests.Heaps;

/// <summary>Ranges as a set, against asking each of them.</summary>
public sealed class RangeSetTests
{
    [Fact]
    public void An_address_is_in_the_set_when_one_of_the_ranges_has_it()
    {
        Gen<AddressRange> range = Gen.Select(Gen.ULong[0, 60], Gen.ULong[0, 9], (start, length) => new AddressRange(start, start + length));
        range.List[0, 8].Sample(ranges =>
        {
            var set = new RangeSet(ranges);
            for (ulong address = 0; address < 72; address++)
            {
                Assert.Equal(ranges.Exists(r => r.Contains(address)), set.Contains(address));
            }
        });
    }

    [Fact]
    public void The_last_address_of_all_may_be_in_it()
    {
        var set = new RangeSet([new AddressRange(ulong.MaxValue - 1, ulong.MaxValue)]);
        Assert.True(set.Contains(ulong.MaxValue - 1));
        Assert.False(set.Contains(ulong.MaxValue));
    }
}
