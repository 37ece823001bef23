using PageAlloc.Blocks;

namespace PageAlloc.Views;

/// <summary>
/// The looks of the heap map's pixels: nine grays from none used to all used, then what is no block.
/// The grays are the original's; 16 colours have only four of them. The brown differs from all grays in every kind of
/// colour vision.
/// </summary>
internal static class HeapPalette
{
    /// <summary>Units of a pixel, and steps of gray above none.</summary>
    public const int Eighths = 8;

    /// <summary>The pixel in which nothing is used; the next is one eighth used, and so on.</summary>
    public const byte NoneUsed = 1;

    /// <summary>The pixel in which all is used.</summary>
    public const byte AllUsed = NoneUsed + Eighths;

    /// <summary>The pixel of memory that is no block and is known: arena structures, fenceposts, gaps.</summary>
    public const byte Overhead = AllUsed + 1;

    /// <summary>The pixel of memory of which an eighth or more is not known.</summary>
    public const byte Unknown = Overhead + 1;

    /// <summary>The looks, by the pixels' numbers.</summary>
    public static IReadOnlyList<Look> Looks { get; } =
    [
        Palette.Of(CellState.None),
        Gray(0, 236, 0),
        Gray(1, 241, 8), Gray(2, 242, 8), Gray(3, 243, 8),
        Gray(4, 244, 7), Gray(5, 245, 7), Gray(6, 246, 7), Gray(7, 247, 7),
        Gray(8, 248, 15),
        new("overhead", -1, '#', 130, 3, 0xaf5f00),
        Palette.Of(CellState.Unknown),
    ];

    /// <summary>The pixel that holds nothing but blocks of that state.</summary>
    public static byte Of(BlockState state) => state switch
    {
        BlockState.Used or BlockState.Mmapped => AllUsed,
        BlockState.Overhead or BlockState.Fencepost => Overhead,
        BlockState.Unknown => Unknown,
        _ => NoneUsed,
    };

    /// <summary>The pixel for units of several kinds.</summary>
    /// <param name="units">How many, by the pixel that they would make alone.</param>
    public static byte Of(ReadOnlySpan<ulong> units)
    {
        ulong used = units[AllUsed];
        ulong blocks = used + units[NoneUsed];
        ulong all = blocks + units[Overhead] + units[Unknown];
        if (units[Unknown] != 0 && units[Unknown] * Eighths >= all)
        {
            return Unknown;
        }

        // None only when none is used, all only when all are.
        return units[Overhead] * 2 > all ? Overhead
            : used == 0 ? NoneUsed
            : used == blocks ? AllUsed
            : (byte)(NoneUsed + Math.Clamp(((used * Eighths) + (blocks / 2)) / blocks, 1, Eighths - 1));
    }

    // The gray ramp of 256 colours begins at index 232 with the value 8, in steps of 10.
    private static Look Gray(int eighths, int index256, int index16) =>
        new($"{eighths} of 8 units used", -1, (char)('0' + eighths), index256, index16, (8 + (10 * (index256 - 232))) * 0x010101);
}
