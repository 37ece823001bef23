namespace PageAlloc.Tests.Heaps.Live;

/// <summary>The blocks that glibc takes from the heap for itself, in a program that keeps it from taking any it can do without.</summary>
internal static class GlibcsOwn
{
    // The cache of a thread: 2.26, 2.27, 2.42 and later; on two machines. Where 16 bytes would be left over, they stay with it.
    private static readonly ulong[] CacheSizes = [0x250, 0x260, 0x290, 0x2a0, 0x300, 0x310, 0x320, 0x150, 0x190, 0x1d0, 0x1e0];

    // The table of a thread's variables, one for each library and some in reserve: two words each.
    private const ulong SmallestTable = 0x80, LargestTable = 0x200;

    // The parent of the forked program has three more, some of which share an arena.
    private const int OfFork = 4;

    // What dlopen and dlmopen keep of a library: its name, its scope, its versions.
    private const int OfSecondLibc = 80;

    // The paths that a static program would look for libraries on, and their text.
    private const int OfStaticStart = 5;

    /// <summary>The rows that no rule explains, each with what was expected.</summary>
    public static string[] Unexplained(HeapLook look, IReadOnlyList<ShownBlock> rows)
    {
        List<ShownBlock> caches = [.. rows.Where(row => CacheSizes.Contains(row.Size))];
        List<ShownBlock> tables = [.. rows.Except(caches).Where(row => row.Size is >= SmallestTable and <= LargestTable)];
        // Threads that a fork left behind, and those whose stacks are kept for the next, have theirs still.
        int threads = Math.Max(look.Run.Variant.Arguments[0] == "forked" ? OfFork : look.Threads, look.Heaps.Arenas.Count);
        int spare = look.Truth.Libraries > 1 ? OfSecondLibc : look.Run.Program.StartsWith("heap-static", StringComparison.Ordinal) ? OfStaticStart : 0;
        string[] unexplained =
        [
            .. caches.Skip(threads * look.Truth.Libraries).Select(row => $"more than {threads} caches: {row}"),
            .. tables.Skip(threads - 1).Select(row => $"more than {threads - 1} tables: {row}"),
            .. rows.Except(caches).Except(tables).Select(row => $"what is this? {row}"),
        ];
        return unexplained.Length <= spare ? [] : unexplained;
    }
}
