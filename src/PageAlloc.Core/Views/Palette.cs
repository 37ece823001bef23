namespace PageAlloc.Views;

/// <summary>How a state looks.</summary>
/// <param name="Name">Its name in the legend, without the size.</param>
/// <param name="SizeClass">0 a base page, 1 a large folio, 2 a huge page, 3 above; -1 when it has no size.</param>
/// <param name="Letter">The letter that stands for it where there is no colour.</param>
/// <param name="Index256">Its colour of 256; -1 for the terminal's own.</param>
/// <param name="Index16">Its colour of 16; -1 for the terminal's own.</param>
/// <param name="Rgb">Its colour where the terminal has all of them, 0xRRGGBB.</param>
internal readonly record struct Look(string Name, int SizeClass, char Letter, int Index256, int Index16, int Rgb);

/// <summary>
/// The look of each state. The original's states have its colours; the others were chosen by computing, so that with
/// full colour vision, protanopia, deuteranopia and tritanopia each differs from all others (a test checks it).
/// </summary>
internal static class Palette
{
    /// <summary>The looks of all states, by their numbers.</summary>
    public static IReadOnlyList<Look> Looks { get; } = [.. Enum.GetValues<CellState>().Select(Of)];

    /// <summary>The look of <paramref name="state"/>.</summary>
    public static Look Of(CellState state) => state switch
    {
        CellState.NotPresent => new("not present", -1, '.', 236, 0, 0x303030),
        CellState.Swapped => new("swapped", -1, 's', 1, 1, 0xdc322f),
        CellState.Zero => new("zero page", -1, 'z', 194, 15, 0xd7ffd7),
        CellState.Ksm => new("merged by KSM", -1, 'k', 129, 14, 0xaf00ff),
        CellState.Guard => new("guard page", -1, 'x', 88, 9, 0x870000),
        CellState.Anonymous => new("anonymous", 0, 'a', 2, 2, 0x859900),
        CellState.AnonymousLarge => new("anonymous", 1, 'b', 82, 10, 0x5fff00),
        CellState.AnonymousHuge => new("anonymous", 2, 'A', 6, 6, 0x2aa198),
        CellState.AnonymousGigantic => new("anonymous", 3, 'B', 8, 8, 0x002b36),
        CellState.File => new("file backed", 0, 'f', 3, 3, 0xb58900),
        CellState.FileLarge => new("file backed", 1, 'g', 222, 11, 0xffd787),
        CellState.FileHuge => new("file backed", 2, 'F', 12, 12, 0x839496),
        CellState.FileGigantic => new("file backed", 3, 'G', 13, 13, 0x6c71c4),
        CellState.SharedMemory => new("shared memory", 0, 'm', 54, 7, 0x5f0087),
        CellState.SharedMemoryLarge => new("shared memory", 1, 'n', 19, 7, 0x0000af),
        CellState.SharedMemoryHuge => new("shared memory", 2, 'M', 117, 7, 0x87d7ff),
        CellState.ArenaTop => new("arena top chunk", -1, 't', 4, 4, 0x268bd2),
        CellState.ArenaTopAbsent => new("arena top chunk not present", -1, '_', 5, 5, 0xd33682),
        CellState.Dumped => new("in the core file", -1, 'd', 252, 7, 0xd0d0d0),
        CellState.DumpedZeros => new("zeros left out of the core file", -1, 'o', 23, 0, 0x005f5f),
        CellState.None => new("", -1, ' ', -1, -1, 0),
        _ => new("unknown", -1, '?', -1, -1, 0),
    };
}
