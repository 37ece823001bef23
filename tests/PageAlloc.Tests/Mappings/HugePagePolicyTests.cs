using PageAlloc.Mappings;

namespace PageAlloc.Tests.Mappings;

/// <summary>Where huge pages may be made: the mode of the huge size, what was asked for by madvise, and the kernel's word.</summary>
public sealed class HugePagePolicyTests
{
    // The kernel's word is yes also where only smaller folios may be made.
    [Theory]
    [InlineData(HugePageMode.Always, true, false, true)]
    [InlineData(HugePageMode.Always, false, true, false)]
    [InlineData(HugePageMode.Madvise, true, true, true)]
    [InlineData(HugePageMode.Madvise, true, false, false)]
    [InlineData(HugePageMode.Never, true, true, false)]
    [InlineData(HugePageMode.Unknown, true, false, true)]
    [InlineData(HugePageMode.Unknown, null, true, null)]
    public void Private_memory_follows_the_mode_of_its_size(HugePageMode mode, bool? word, bool advised, bool? expected)
    {
        Mapping mapping = TestMapping.Of(0x1000000, 0x2000000, "");
        Assert.Equal(expected, Policy(mode, word, advised).IsEligible(mapping));
        Assert.Equal(advised, Policy(mode, word, advised).IsAdvised(mapping));
    }

    // Shared memory and files have settings of their own, which the kernel's word knows.
    [Theory]
    [InlineData(MappingBacking.SharedMemory, true)]
    [InlineData(MappingBacking.File, false)]
    public void Of_other_memory_the_kernel_has_the_word(MappingBacking backing, bool word) =>
        Assert.Equal(word, Policy(HugePageMode.Never, word, false).IsEligible(TestMapping.Of(0x1000000, 0x2000000, "", backing)));

    [Fact]
    public void Of_a_mapping_that_came_since_nothing_is_known() =>
        Assert.Null(Policy(HugePageMode.Always, true, false).IsEligible(TestMapping.Of(0x3000000, 0x4000000, "")));

    private static HugePagePolicy Policy(HugePageMode mode, bool? word, bool advised) =>
        new(mode, new Dictionary<ulong, SmapsEntry> { [0x1000000] = new SmapsEntry { IsHugeEligible = word, IsHugeAdvised = advised } });
}
