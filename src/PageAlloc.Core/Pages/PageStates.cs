using PageAlloc.Interop;
using PageAlloc.Mappings;

namespace PageAlloc.Pages;

/// <summary>What the pagemap entries of one mapping mean: the same bits say "file" of a file and of shared memory.</summary>
internal readonly struct PageStates
{
    /// <summary>Stands for "private memory, or the page of zeros" until <see cref="SmapsReconciliation"/> settles it.</summary>
    public static readonly PageState Doubtful = new(PageKind.Anonymous, 31);

    private readonly PageState _shared;
    private readonly PageState _private;
    private readonly PageKind _absent;
    private readonly PageState _notExclusive;

    /// <summary>The meaning for pages of <paramref name="mapping"/> behind which there are pages of the size <paramref name="order"/>.</summary>
    public PageStates(Mapping mapping, int order, bool zeroInDoubt)
    {
        Order = order;
        _shared = new PageState(mapping.Backing == MappingBacking.SharedMemory ? PageKind.SharedMemory : PageKind.File, order);
        _private = new PageState(PageKind.Anonymous, order);
        _absent = mapping.Backing == MappingBacking.Device ? PageKind.Unknown : PageKind.NotPresent;

        // A frame of a device has no struct page: it is neither exclusive nor of a file, and smaps does not count it.
        _notExclusive = mapping.Backing == MappingBacking.Device ? new PageState(PageKind.Unknown) : zeroInDoubt ? Doubtful : _private;
        if (zeroInDoubt && mapping.Backing == MappingBacking.Anonymous)
        {
            // Nothing else than the huge page of zeros says "file" there.
            _shared = new PageState(PageKind.Zero);
        }
    }

    /// <summary>The size of the page behind each, as a power of two of base pages.</summary>
    public int Order { get; }

    /// <summary>The state that a pagemap entry tells.</summary>
    public PageState Of(ulong bits)
    {
        if ((bits & PagemapBits.Present) == 0)
        {
            PageKind absent = new PagemapEntry(bits).AbsentKind;
            return new PageState(absent == PageKind.NotPresent ? _absent : absent);
        }

        return (bits & PagemapBits.FileOrShared) != 0 ? _shared
            : (bits & PagemapBits.Exclusive) != 0 ? _private
            : _notExclusive;
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
