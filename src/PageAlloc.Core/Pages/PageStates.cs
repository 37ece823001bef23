using PageAlloc.Interop;
using PageAlloc.Mappings;

namespace PageAlloc.Pages;

/// <summary>What the pagemap entries of one mapping mean: the same bits say "file" of a file and of shared memory.</summary>
internal readonly struct PageStates
{
    /// <summary>Stands for "private memory, or the page of zeros" until <see cref="SmapsReconciliation"/> settles it.</summary>
    public static readonly PageState Doubtful = new(PageKind.Anonymous, 31);

    private readonly PageKind _absent;

    // The codes of a present page that is: neither, mapped once, of a file, both; a byte each.
    private readonly uint _present;

    /// <summary>The meaning for pages of <paramref name="mapping"/> behind which there are pages of the size <paramref name="order"/>.</summary>
    public PageStates(Mapping mapping, int order, bool zeroInDoubt)
    {
        Order = order;
        var shared = new PageState(mapping.Backing == MappingBacking.SharedMemory ? PageKind.SharedMemory : PageKind.File, order);
        var exclusive = new PageState(PageKind.Anonymous, order);
        _absent = mapping.Backing == MappingBacking.Device ? PageKind.Unknown : PageKind.NotPresent;

        // A frame of a device has no struct page: it is neither exclusive nor of a file, and smaps does not count it.
        PageState neither = mapping.Backing == MappingBacking.Device ? new PageState(PageKind.Unknown) : zeroInDoubt ? Doubtful : exclusive;
        if (zeroInDoubt && mapping.Backing == MappingBacking.Anonymous)
        {
            // Nothing else than the huge page of zeros says "file" there.
            shared = new PageState(PageKind.Zero);
        }

        _present = neither.Code | ((uint)exclusive.Code << 8) | ((uint)shared.Code << 16) | ((uint)shared.Code << 24);
    }

    /// <summary>The size of the page behind each, as a power of two of base pages.</summary>
    public int Order { get; }

    /// <summary>The state that a pagemap entry tells.</summary>
    public PageState Of(ulong bits) => (bits & PagemapBits.Present) != 0 ? OfPresent(bits) : OfAbsent(bits);

    /// <summary>The state that the entry of a present page tells; without a branch, as neighbours may differ.</summary>
    public PageState OfPresent(ulong bits)
    {
        ulong shift = ((bits & PagemapBits.Exclusive) / (PagemapBits.Exclusive / 8)) | ((bits & PagemapBits.FileOrShared) / (PagemapBits.FileOrShared / 16));
        return PageState.FromCode((byte)(_present >> (int)shift));
    }

    /// <summary>The state that the entry of a page that is not present tells.</summary>
    public PageState OfAbsent(ulong bits)
    {
        PageKind absent = new PagemapEntry(bits).AbsentKind;
        return new PageState(absent == PageKind.NotPresent ? _absent : absent);
    }

    /// <summary>Whether an entry is of a page in RAM.</summary>
    public bool AnyResident(ReadOnlySpan<ulong> entries)
    {
        foreach (ulong bits in entries)
        {
            if ((bits & PagemapBits.Present) != 0 && Of(bits).IsResident)
            {
                return true;
            }
        }

        return false;
    }
}
