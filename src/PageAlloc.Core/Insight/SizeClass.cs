using System.Numerics;

namespace PageAlloc.Insight;

/// <summary>
/// The classes by which blocks are gathered: exact sizes up to 1 KiB, powers of two above, so that tables of them take the same
/// memory for any number of blocks. Sizes are those of chunks, headers included.
/// </summary>
internal static class SizeClass
{
    // Sizes are multiples of 8.
    private const int Exact = (1024 / 8) + 1;

    /// <summary>How many classes there are.</summary>
    public const int Count = Exact + 64 - 10;

    /// <summary>The class of a size in bytes.</summary>
    public static int Of(ulong size) => size <= 1024 ? (int)(size / 8) : Exact + BitOperations.Log2(size) - 10;

    /// <summary>The smallest size of a class in bytes.</summary>
    public static ulong MinSize(int size) => size < Exact ? (ulong)size * 8 : size == Exact ? 1025 : 1UL << (size - Exact + 10);

    /// <summary>The largest.</summary>
    public static ulong MaxSize(int size) => size < Exact ? (ulong)size * 8 : (2UL << (size - Exact + 10)) - 1;

    /// <summary>A class in words: <c>64 bytes</c>, or between which powers of two.</summary>
    public static string Name(ulong minSize, ulong maxSize) =>
        minSize == maxSize ? $"{minSize} bytes" : $"{Amounts.Size(minSize - (minSize % 1024))} to {Amounts.Size(maxSize + 1)}";
}
