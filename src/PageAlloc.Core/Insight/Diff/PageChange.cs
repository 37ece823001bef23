using PageAlloc.Pages;

namespace PageAlloc.Insight.Diff;

/// <summary>What became of a page between two moments. Each page of the old and of the new mapping has exactly one.</summary>
public enum PageChange : byte
{
    /// <summary>Not known: its state was or is unknown, as in a core file, which does not tell what is in RAM.</summary>
    Unknown = 0,

    /// <summary>Neither in RAM nor in swap, before and now: never touched, zero page, guard, or not mapped at one of the moments.</summary>
    Absent,

    /// <summary>In RAM before and now, and of the same kind.</summary>
    Stayed,

    /// <summary>In swap before and now.</summary>
    StayedSwapped,

    /// <summary>Came into RAM from nothing: touched first, read from a file, or mapped and touched.</summary>
    CameIn,

    /// <summary>Left RAM without going to swap: given back, unmapped, or dropped as the file has it.</summary>
    LeftRam,

    /// <summary>Was in RAM, is in swap.</summary>
    SwappedOut,

    /// <summary>Was in swap, is in RAM.</summary>
    SwappedIn,

    /// <summary>Came into swap from nothing: touched and swapped out between the moments.</summary>
    CameSwapped,

    /// <summary>Left swap without coming back into RAM: given back or unmapped.</summary>
    LeftSwap,

    /// <summary>In RAM before and now, small before and in a huge page now.</summary>
    BecameHuge,

    /// <summary>In RAM before and now, in a huge page before and small now.</summary>
    WasSplit,

    /// <summary>Was a file's or shared memory, is private now: copied as it was written.</summary>
    Copied,

    /// <summary>Was private, is merged with equal pages by KSM.</summary>
    Merged,

    /// <summary>Was merged by KSM, is private again.</summary>
    Unmerged,

    /// <summary>In RAM before and now, of another kind in another way: a private copy that was dropped for the file's page, say.</summary>
    OtherKind,
}

/// <summary>Tells changes of pages.</summary>
public sealed class PageChanges
{
    /// <summary>How many kinds of change there are.</summary>
    public const int Count = (int)PageChange.OtherKind + 1;

    private readonly PageChange[] _table = new PageChange[PageState.CodeCount * PageState.CodeCount];
    private readonly PageChange[] _came = new PageChange[PageState.CodeCount];
    private readonly PageChange[] _went = new PageChange[PageState.CodeCount];

    /// <summary>Prepares for two tables of pages of one size.</summary>
    public PageChanges(PageTable old, PageTable @new)
    {
        // What was not told apart on one side is no change: it would be one of what we know.
        UnknownDetails unknown = old.Unknown | @new.Unknown;
        KnowsHuge = !unknown.HasFlag(UnknownDetails.HugePages);
        KnowsMerged = !unknown.HasFlag(UnknownDetails.MergedPages);
        int hugeOrder = Math.Min(old.HugeOrder, @new.HugeOrder);
        for (int before = 0; before < PageState.CodeCount; before++)
        {
            PageState was = PageState.FromCode((byte)before);
            _came[before] = Of(Place.Absent, PlaceOf(was));
            _went[before] = Of(PlaceOf(was), Place.Absent);
            for (int after = 0; after < PageState.CodeCount; after++)
            {
                PageState now = PageState.FromCode((byte)after);
                PageChange change = Of(PlaceOf(was), PlaceOf(now));
                _table[(before * PageState.CodeCount) + after] = change == PageChange.Stayed ? OfResident(was, now, hugeOrder) : change;
            }
        }
    }

    /// <summary>Whether huge pages are known on both sides; else none became huge and none was split, as far as is known.</summary>
    public bool KnowsHuge { get; }

    /// <summary>Whether pages merged by KSM are known on both sides; else none was merged or unmerged, as far as is known.</summary>
    public bool KnowsMerged { get; }

    /// <summary>The change from a state to another; null is not mapped.</summary>
    public PageChange Of(PageState? old, PageState? now) => (old, now) switch
    {
        ({ } was, { } here) => _table[(was.Code * PageState.CodeCount) + here.Code],
        (null, { } here) => _came[here.Code],
        ({ } was, null) => _went[was.Code],
        _ => PageChange.Absent,
    };

    private static PageChange Of(Place old, Place now) => (old, now) switch
    {
        (Place.Unknown, _) or (_, Place.Unknown) => PageChange.Unknown,
        (Place.Absent, Place.Ram) => PageChange.CameIn,
        (Place.Absent, Place.Swap) => PageChange.CameSwapped,
        (Place.Ram, Place.Absent) => PageChange.LeftRam,
        (Place.Ram, Place.Swap) => PageChange.SwappedOut,
        (Place.Swap, Place.Absent) => PageChange.LeftSwap,
        (Place.Swap, Place.Ram) => PageChange.SwappedIn,
        (Place.Swap, Place.Swap) => PageChange.StayedSwapped,
        (Place.Ram, Place.Ram) => PageChange.Stayed,
        _ => PageChange.Absent,
    };

    private PageChange OfResident(PageState was, PageState now, int hugeOrder)
    {
        if (was.Kind != now.Kind)
        {
            return (was.Kind, now.Kind) switch
            {
                (PageKind.File or PageKind.SharedMemory, PageKind.Anonymous or PageKind.Ksm) => PageChange.Copied,
                (PageKind.Anonymous, PageKind.Ksm) => KnowsMerged ? PageChange.Merged : PageChange.Stayed,
                (PageKind.Ksm, PageKind.Anonymous) => KnowsMerged ? PageChange.Unmerged : PageChange.Stayed,
                _ => PageChange.OtherKind,
            };
        }

        return !KnowsHuge || was.Order >= hugeOrder == now.Order >= hugeOrder ? PageChange.Stayed
            : now.Order >= hugeOrder ? PageChange.BecameHuge
            : PageChange.WasSplit;
    }

    private static Place PlaceOf(PageState state) =>
        state.IsResident ? Place.Ram
        : state.Kind == PageKind.Swapped ? Place.Swap
        : state.IsUnknown ? Place.Unknown
        : Place.Absent;

    private enum Place
    {
        Unknown,
        Absent,
        Ram,
        Swap,
    }
}
