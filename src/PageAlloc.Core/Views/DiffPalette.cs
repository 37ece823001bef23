using PageAlloc.Insight.Diff;

namespace PageAlloc.Views;

/// <summary>
/// The looks of the map of changes. What came is warm and what went is blue; the colours were chosen by computing, so that they
/// differ in every kind of colour vision (a test checks it).
/// </summary>
internal static class DiffPalette
{
    /// <summary>The looks, by the pixels' numbers; 0 is no pixel.</summary>
    public static IReadOnlyList<Look> Looks { get; } = [Palette.Of(CellState.None), .. Enum.GetValues<PageChange>().Select(Of)];

    /// <summary>The pixels that others stand before: where nothing changed.</summary>
    public static byte[] Unchanged { get; } = [PixelOf(PageChange.Stayed), PixelOf(PageChange.StayedSwapped), PixelOf(PageChange.Unknown), PixelOf(PageChange.Absent)];

    /// <summary>The pixel of a change.</summary>
    public static byte PixelOf(PageChange change) => (byte)(change + 1);

    /// <summary>The look of a change.</summary>
    public static Look Of(PageChange change) => change switch
    {
        PageChange.Absent => new("not in RAM, before and now", -1, '.', 236, 0, 0x303030),
        PageChange.Stayed => new("stayed in RAM", -1, '=', 246, 7, 0x949494),
        PageChange.StayedSwapped => new("stayed swapped out", -1, 's', 59, 8, 0x5f5f5f),
        PageChange.CameIn => new("came into RAM", -1, '+', 208, 3, 0xff8700),
        PageChange.LeftRam => new("left RAM", -1, '-', 33, 12, 0x0087ff),
        PageChange.SwappedOut => new("swapped out", -1, 'o', 124, 1, 0xaf0000),
        PageChange.SwappedIn => new("swapped in", -1, 'i', 219, 13, 0xffafff),
        PageChange.CameSwapped => new("came straight into swap", -1, 'p', 90, 5, 0x870087),
        PageChange.LeftSwap => new("left swap", -1, 'd', 20, 4, 0x0000d7),
        PageChange.BecameHuge => new("became huge", -1, 'H', 120, 10, 0x87ff87),
        PageChange.WasSplit => new("split from a huge page", -1, 'h', 231, 15, 0xffffff),
        PageChange.Copied => new("copied as it was written", -1, 'c', 137, 11, 0xaf875f),
        PageChange.Merged => new("merged by KSM", -1, 'k', 55, 14, 0x5f00af),
        PageChange.Unmerged => new("no longer merged by KSM", -1, 'u', 151, 6, 0xafd7af),
        PageChange.OtherKind => new("of another kind", -1, 'x', 16, 9, 0x000000),
        _ => new("not known", -1, '?', -1, -1, 0),
    };
}
