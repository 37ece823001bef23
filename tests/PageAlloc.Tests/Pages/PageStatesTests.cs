using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;

namespace PageAlloc.Tests.Pages;

/// <summary>The same bits mean different things in mappings of different kinds.</summary>
public sealed class PageStatesTests
{
    private const ulong Present = 1UL << 63, Swap = 1UL << 62, File = 1UL << 61, Exclusive = 1UL << 56, Guard = 1UL << 58;

    [Theory]
    [InlineData(MappingBacking.Anonymous, 0UL, PageKind.NotPresent)]
    [InlineData(MappingBacking.File, 0UL, PageKind.NotPresent)]
    [InlineData(MappingBacking.SharedMemory, 0UL, PageKind.NotPresent)]
    [InlineData(MappingBacking.Unknown, 0UL, PageKind.NotPresent)]
    [InlineData(MappingBacking.Device, 0UL, PageKind.Unknown)]
    [InlineData(MappingBacking.Anonymous, Swap | 32, PageKind.Swapped)]
    [InlineData(MappingBacking.File, Swap | 32, PageKind.Swapped)]
    [InlineData(MappingBacking.SharedMemory, Swap | 32, PageKind.Swapped)]
    [InlineData(MappingBacking.Anonymous, Swap | Guard, PageKind.Guard)]
    [InlineData(MappingBacking.Anonymous, Present | Exclusive, PageKind.Anonymous)]
    [InlineData(MappingBacking.Anonymous, Present, PageKind.Anonymous)]
    [InlineData(MappingBacking.File, Present | File, PageKind.File)]
    [InlineData(MappingBacking.File, Present | File | Exclusive, PageKind.File)]
    [InlineData(MappingBacking.File, Present | Exclusive, PageKind.Anonymous)]
    [InlineData(MappingBacking.File, Present, PageKind.Anonymous)]
    [InlineData(MappingBacking.SharedMemory, Present | File, PageKind.SharedMemory)]
    [InlineData(MappingBacking.SharedMemory, Present | File | Exclusive, PageKind.SharedMemory)]
    [InlineData(MappingBacking.SharedMemory, Present | Exclusive, PageKind.Anonymous)]
    [InlineData(MappingBacking.Unknown, Present | File, PageKind.File)]
    [InlineData(MappingBacking.Device, Present, PageKind.Unknown)]
    [InlineData(MappingBacking.Device, Present | File, PageKind.File)]
    [InlineData(MappingBacking.Device, Present | Exclusive, PageKind.Anonymous)]
    public void Bits_are_read_by_what_stands_behind_the_mapping(MappingBacking backing, ulong bits, PageKind kind) =>
        Assert.Equal(new PageState(kind), Of(backing, zeroInDoubt: false).Of(bits));

    // Where neither PAGEMAP_SCAN nor kpageflags tells the page of zeros, these bits leave it open.
    [Fact]
    public void A_page_neither_exclusive_nor_of_a_file_may_be_the_page_of_zeros()
    {
        Assert.Equal(PageStates.Doubtful, Of(MappingBacking.Anonymous, zeroInDoubt: true).Of(Present));
        Assert.Equal(PageStates.Doubtful, Of(MappingBacking.File, zeroInDoubt: true).Of(Present));
        Assert.Equal(new PageState(PageKind.Anonymous), Of(MappingBacking.Anonymous, zeroInDoubt: true).Of(Present | Exclusive));
    }

    [Fact]
    public void A_page_of_a_file_in_anonymous_memory_is_the_huge_page_of_zeros()
    {
        Assert.Equal(new PageState(PageKind.Zero), Of(MappingBacking.Anonymous, zeroInDoubt: true).Of(Present | File));
        Assert.Equal(new PageState(PageKind.File), Of(MappingBacking.File, zeroInDoubt: true).Of(Present | File));
    }

    [Theory]
    [InlineData(0UL, false)]
    [InlineData(Swap | 32, false)]
    [InlineData(Present | Exclusive, true)]
    [InlineData(Present | File, true)]
    public void A_page_in_RAM_is_resident(ulong bits, bool resident) =>
        Assert.Equal(resident, Of(MappingBacking.File, zeroInDoubt: false).AnyResident([0, bits, 0]));

    [Fact]
    public void The_size_known_of_a_mapping_is_that_of_its_pages()
    {
        var states = new PageStates(TestMapping.Of(0, 1 << 30), order: 18, zeroInDoubt: false);
        Assert.Equal(new PageState(PageKind.Anonymous, 18), states.Of(Present | Exclusive));
        Assert.Equal(new PageState(PageKind.File, 18), states.Of(Present | File));
        Assert.Equal(new PageState(PageKind.NotPresent), states.Of(0));
    }

    private static PageStates Of(MappingBacking backing, bool zeroInDoubt) =>
        new(TestMapping.Of(0x1000, 0x2000, backing: backing), order: 0, zeroInDoubt);
}
