using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>Pagemap entries of pages that are not present: kernel-pages.md A3, pagemap.rst.</summary>
public sealed class PagemapEntryTests
{
    private const ulong SoftDirty = 1UL << 55, Exclusive = 1UL << 56, WriteProtected = 1UL << 57, Guard = 1UL << 58,
        File = 1UL << 61, Swap = 1UL << 62;

    [Theory]
    [InlineData(0)]
    [InlineData(SoftDirty)]
    [InlineData(Exclusive)]
    [InlineData(File)]
    public void Without_the_swap_bit_nothing_is_there(ulong bits) => AssertIs(PageKind.NotPresent, bits);

    [Theory]
    [InlineData(0UL, 1UL)]
    [InlineData(0UL, 77UL)]
    [InlineData(1UL, 0UL)]
    [InlineData(1UL, 4UL)]
    [InlineData(22UL, 1UL)]
    [InlineData(0UL, (1UL << 50) - 1)]
    public void A_swap_type_and_offset_are_swapped_memory(ulong type, ulong offset)
    {
        AssertIs(PageKind.Swapped, Swap | Slot(type, offset));
        AssertIs(PageKind.Swapped, Swap | SoftDirty | Slot(type, offset));
        AssertIs(PageKind.Swapped, Swap | WriteProtected | Slot(type, offset));
        AssertIs(PageKind.Swapped, Swap | Exclusive | Slot(type, offset));
    }

    [Fact]
    public void A_guard_marker_is_a_guard_page() => AssertIs(PageKind.Guard, Swap | Slot(31, 4));

    [Fact]
    public void A_guard_bit_is_a_guard_page_with_its_marker_or_without()
    {
        AssertIs(PageKind.Guard, Swap | Guard | Slot(31, 4));
        AssertIs(PageKind.Guard, Swap | Guard);
        AssertIs(PageKind.Guard, Swap | Guard | SoftDirty);
    }

    [Fact]
    public void A_write_protection_marker_is_a_page_that_never_was()
    {
        AssertIs(PageKind.NotPresent, Swap | WriteProtected | Slot(31, 1));
        AssertIs(PageKind.NotPresent, Swap | Slot(31, 1));
    }

    [Theory]
    [InlineData(2UL)]
    [InlineData(3UL)]
    [InlineData(8UL)]
    [InlineData(0UL)]
    public void Poison_and_markers_of_the_future_are_unknown(ulong marker) => AssertIs(PageKind.Unknown, Swap | Slot(31, marker));

    // Migration, hwpoison and device entries: their offset is a page frame.
    [Theory]
    [InlineData(28UL)]
    [InlineData(29UL)]
    [InlineData(30UL)]
    public void Special_entries_are_unknown(ulong type)
    {
        AssertIs(PageKind.Unknown, Swap | Slot(type, 0x12345));
        AssertIs(PageKind.Unknown, Swap | Slot(type, 0));
    }

    [Fact]
    public void Without_capability_the_slot_is_hidden_and_swap_is_what_it_looks_like() => AssertIs(PageKind.Swapped, Swap);

    [Fact]
    public void Without_capability_a_write_protected_entry_may_be_either() => AssertIs(PageKind.Unknown, Swap | WriteProtected);

    private static void AssertIs(PageKind kind, ulong bits) => Assert.Equal(kind, new PagemapEntry(bits).AbsentKind);

    private static ulong Slot(ulong type, ulong offset) => type | (offset << 5);
}
