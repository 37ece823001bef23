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
        : $"main of {LibraryOf(arena, heaps)}";

    /// <summary>The libc of an arena; with its address where another one is mapped from the same file.</summary>
    public static string LibraryOf(Arena arena, HeapSet heaps)
    {
        string name = ByteText.ToPrintable(arena.Library.Span);
        bool isOnly = heaps.Arenas.All(a => a.LibraryAddress == arena.LibraryAddress || !a.Library.Span.SequenceEqual(arena.Library.Span));
        return isOnly ? name : $"{name} at 0x{arena.LibraryAddress:x}";
    }

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
