using PageAlloc.Heaps;

namespace PageAlloc.Views;

/// <summary>Who uses an arena, in words.</summary>
internal static class HeapOwner
{
    private const int MostThreads = 8;

    /// <summary>The owner: <c>main</c>, <c>threads 12, 13</c>, <c>no thread</c>.</summary>
    /// <param name="arena">The arena.</param>
    /// <param name="heaps">All heaps: where there are several libcs, each main arena is named after its own.</param>
    public static string Of(Arena arena, HeapSet heaps) =>
        !arena.IsMain ? Threads(arena)
        : heaps.Arenas.Count(a => a.IsMain) == 1 ? "main"
        : $"main of {ByteText.ToPrintable(arena.Library.Span)}";

    private static string Threads(Arena arena)
    {
        int known = arena.Threads.Count;
        ulong attached = Math.Max(arena.State.AttachedThreads ?? 0, (ulong)known);
        if (known == 0)
        {
            return arena.State.AttachedThreads is null ? "threads not known" : attached == 0 ? "no thread" : Count(attached);
        }

        string list = string.Join(", ", arena.Threads.Take(MostThreads));
        ulong more = attached - (ulong)Math.Min(known, MostThreads);
        return more != 0 ? $"threads {list} and {TextSink.Count(more)} more" : known == 1 ? $"thread {list}" : $"threads {list}";
    }

    private static string Count(ulong threads) => threads == 1 ? "1 thread" : $"{TextSink.Count(threads)} threads";
}
