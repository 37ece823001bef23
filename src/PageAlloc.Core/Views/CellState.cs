using PageAlloc.Pages;

namespace PageAlloc.Views;

/// <summary>What one pixel of the map shows. Sizes are gathered in the four classes that have a colour.</summary>
public enum CellState : byte
{
    /// <summary>No page: behind the end of the mapping.</summary>
    None = 0,

    /// <summary>See <see cref="PageKind.Unknown"/>.</summary>
    Unknown,

    /// <summary>See <see cref="PageKind.NotPresent"/>.</summary>
    NotPresent,

    /// <summary>See <see cref="PageKind.Swapped"/>.</summary>
    Swapped,

    /// <summary>See <see cref="PageKind.Zero"/>.</summary>
    Zero,

    /// <summary>See <see cref="PageKind.Ksm"/>.</summary>
    Ksm,

    /// <summary>See <see cref="PageKind.Guard"/>.</summary>
    Guard,

    /// <summary>Anonymous memory in base pages.</summary>
    Anonymous,

    /// <summary>Anonymous memory in a large folio, below the size of a huge page.</summary>
    AnonymousLarge,

    /// <summary>Anonymous memory in a huge page (2 MiB).</summary>
    AnonymousHuge,

    /// <summary>Anonymous memory in a hugetlb page above that (1 GiB).</summary>
    AnonymousGigantic,

    /// <summary>A file's page in a base page.</summary>
    File,

    /// <summary>A file's page in a large folio.</summary>
    FileLarge,

    /// <summary>A file's page in a huge page.</summary>
    FileHuge,

    /// <summary>A file's page in a hugetlb page above that.</summary>
    FileGigantic,

    /// <summary>Shared memory in base pages.</summary>
    SharedMemory,

    /// <summary>Shared memory in a large folio.</summary>
    SharedMemoryLarge,

    /// <summary>Shared memory in a huge page.</summary>
    SharedMemoryHuge,

    /// <summary>A resident page wholly inside the top chunk of an arena, whatever is behind it.</summary>
    ArenaTop,

    /// <summary>A page wholly inside the top chunk of an arena that is not present.</summary>
    ArenaTopAbsent,

    /// <summary>See <see cref="PageKind.Dumped"/>.</summary>
    Dumped,

    /// <summary>See <see cref="PageKind.DumpedZeros"/>.</summary>
    DumpedZeros,
}

/// <summary>Turns page states into what a pixel shows.</summary>
internal static class CellStates
{
    /// <summary>One more than the largest state.</summary>
    public const int Count = (int)CellState.DumpedZeros + 1;

    /// <summary>A table from <see cref="PageState.Code"/> to the pixel.</summary>
    /// <param name="hugeOrder">The size of a huge page, as a power of two of base pages.</param>
    public static CellState[] Table(int hugeOrder)
    {
        var table = new CellState[PageState.CodeCount];
        for (int code = 0; code < table.Length; code++)
        {
            table[code] = Of(PageState.FromCode((byte)code), hugeOrder);
        }

        return table;
    }

    private static CellState Of(PageState state, int hugeOrder)
    {
        int size = state.Order == 0 ? 0 : state.Order < hugeOrder ? 1 : state.Order == hugeOrder ? 2 : 3;
        return state.Kind switch
        {
            PageKind.NotPresent => CellState.NotPresent,
            PageKind.Swapped => CellState.Swapped,
            PageKind.Zero => CellState.Zero,
            PageKind.Ksm => CellState.Ksm,
            PageKind.Guard => CellState.Guard,
            PageKind.Dumped => CellState.Dumped,
            PageKind.DumpedZeros => CellState.DumpedZeros,
            PageKind.Anonymous => CellState.Anonymous + (byte)size,
            PageKind.File => CellState.File + (byte)size,
            PageKind.SharedMemory => CellState.SharedMemory + (byte)Math.Min(size, 2),
            _ => CellState.Unknown,
        };
    }
}
