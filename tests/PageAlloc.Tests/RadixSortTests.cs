using CsCheck;

namespace PageAlloc.Tests;

/// <summary>The radix sort against the library's.</summary>
public sealed class RadixSortTests
{
    private static readonly Gen<(int Shift, ulong Mask)> Shape = Gen.Select(
        Gen.Int[0, 63], Gen.OneOf(0xffff_ffff_ffff_ffffUL, 0xffUL, 0xff00_0000_0000_00ffUL, 0xf_ffff_0000UL, 0UL));

    [Fact]
    public void Keys_come_sorted_and_equal_ones_keep_their_order() =>
        Gen.Select(Shape, Gen.ULong.Array[0, 3000]).Sample((shape, keys) => AssertSorted([.. keys.Select(k => k & shape.Mask)], shape.Shift));

    [Theory]
    [InlineData(0)]
    [InlineData(18)]
    public void Borders_of_digits_are_no_borders(int shift)
    {
        ulong[] bits = [.. Enumerable.Range(0, 64).Select(i => 1UL << i)];
        AssertSorted([.. bits.Reverse(), .. bits, 0, ulong.MaxValue, .. bits.Select(b => b - 1)], shift);
    }

    [Fact]
    public void A_whole_window_of_keys_is_sorted()
    {
        var random = new Random(1);
        ulong[] keys = [.. Enumerable.Range(0, 1 << 18).Select(i => ((ulong)random.NextInt64(1L << 46) << 18) | (uint)i)];
        AssertSorted(keys, 18);
    }

    private static void AssertSorted(ulong[] keys, int shift)
    {
        // OrderBy is stable.
        ulong[] expected = [.. keys.OrderBy(k => k >> shift)];
        RadixSort.Sort(keys, new ulong[keys.Length], shift);
        Assert.Equal(expected, keys);
    }
}
