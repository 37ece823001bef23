using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>
/// The looks of the heap map by pages. What is trapped stands out: the more of a mixed page is free, the stronger its colour.
/// The colours were chosen by computing, so that they differ in every kind of colour vision (a test checks it).
/// </summary>
internal static class HeapPagePalette
{
    /// <summary>The looks, by the pixels' numbers; 0 is no pixel.</summary>
    public static IReadOnlyList<Look> Looks { get; } =
    [
        Palette.Of(CellState.None),
        new("unknown", -1, '?', -1, -1, 0),
        new("no free byte", -1, 'l', 249, 7, 0xb2b2b2),
        new("in use, up to a third free", -1, '1', 230, 11, 0xffffd7),
        new("in use, up to two thirds free", -1, '2', 208, 3, 0xff8700),
        new("in use, more free", -1, '3', 160, 9, 0xd70000),
        new("all free", -1, 'f', 75, 4, 0x5fafff),
        new("swapped, no free byte", -1, 'L', 65, 6, 0x5f875f),
        new("swapped, in use, some free", -1, 'M', 53, 5, 0x5f005f),
        new("swapped, all free", -1, 'F', 56, 12, 0x5f00d7),
        new("not present", -1, '.', 236, 0, 0x303030),
    ];

    /// <summary>The pixel of pages that are not present.</summary>
    public const byte Absent = 10;

    /// <summary>The pixel of a page.</summary>
    /// <param name="page">Its class.</param>
    /// <param name="freeBytes">The free bytes on it.</param>
    /// <param name="pageSize">Its size in bytes.</param>
    public static byte Of(HeapPageClass page, ulong freeBytes, ulong pageSize) => page switch
    {
        HeapPageClass.Live => 2,
        HeapPageClass.Mixed => (byte)(freeBytes * 3 <= pageSize ? 3 : freeBytes * 3 <= pageSize * 2 ? 4 : 5),
        HeapPageClass.Free => 6,
        HeapPageClass.SwappedLive => 7,
        HeapPageClass.SwappedMixed => 8,
        HeapPageClass.SwappedFree => 9,
        HeapPageClass.Absent => Absent,
        _ => 1,
    };
}
