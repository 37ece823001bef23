using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Insight;

/// <summary>The threads of a process, and the arenas that they use.</summary>
public sealed class ThreadFigures
{
    private readonly ArenaPages[] _arenas;

    private ThreadFigures(IReadOnlyList<ThreadMemory> threads, HeapFigures? heaps, bool arePagesKnown)
    {
        Threads = threads;
        ArePagesKnown = arePagesKnown;
        _arenas = [.. (heaps?.Arenas ?? []).Select(a => heaps?.Pages?.Of(a.Arena)).OfType<ArenaPages>()];

        // A thread that was not found may use it, unless glibc itself counts none.
        UnusedArenas = [.. (heaps?.Arenas ?? []).Select(a => a.Arena).Where(a => !a.IsMain && a.Threads.Count == 0 && a.State.AttachedThreads == 0)];
    }

    /// <summary>All threads, in the order of their numbers.</summary>
    public IReadOnlyList<ThreadMemory> Threads { get; }

    /// <summary>Arenas of threads that have ended, or that only the parent of a forked process had, which no thread uses: the next new thread gets one of them.</summary>
    public IReadOnlyList<Arena> UnusedArenas { get; }

    /// <summary>Whether it is known which pages are in RAM; a core file does not tell, nor how threads are named.</summary>
    public bool ArePagesKnown { get; }

    /// <summary>The number of arenas whose pages are known.</summary>
    public int ArenaCount => _arenas.Length;

    /// <summary>Makes the figures.</summary>
    /// <param name="pid">The number of the process, which is that of its main thread.</param>
    /// <param name="names">Its threads, read along with the rest; null when it had ended by then.</param>
    /// <param name="table">All its pages.</param>
    /// <param name="heaps">Its heaps; null when they could not be read.</param>
    public static ThreadFigures Of(int pid, IReadOnlyList<ThreadName>? names, PageTable table, HeapFigures? heaps)
    {
        ILookup<int, HeapThread> known = (heaps?.Heaps.Threads ?? []).ToLookup(t => t.Tid);
        var cursor = new PageCursor(table);
        var threads = new List<ThreadMemory>();

        // Of a process that has ended since, what was found in its memory is left.
        names ??= [.. known.Select(thread => thread.Key).Where(tid => tid != 0).Select(tid => new ThreadName(tid, null))];

        // In address order the cursor goes forward; the kernel's stack of the main thread is above all others.
        foreach ((int tid, ReadOnlyMemory<byte>? name) in names.OrderBy(thread => known[thread.Tid].FirstOrDefault()?.Pointer ?? ulong.MaxValue))
        {
            HeapThread? found = known[tid].FirstOrDefault();
            AddressRange? stack = found?.Stack ?? (tid == pid ? MainStack(table) : null);
            (ulong resident, ulong swapped) = stack is { } range ? Present(cursor, range) : (0, 0);
            threads.Add(new ThreadMemory
            {
                Tid = tid,
                Name = name,
                Arena = found is { Arena: not 0 } ? found.Arena : null,
                TcacheBlocks = found?.TcacheBlocks ?? 0,
                TcacheBytes = found?.TcacheBytes ?? 0,
                Stack = stack,
                StackResidentBytes = table.IsResidencyKnown ? resident : null,
                StackSwappedBytes = table.IsResidencyKnown ? swapped : null,
            });
        }

        return new ThreadFigures([.. threads.OrderBy(t => t.Tid)], heaps, table.IsResidencyKnown);
    }

    /// <summary>
    /// The RAM that a limit of <paramref name="arenas"/> arenas would save at most, in bytes: the free memory and the own
    /// structures of all arenas but the main one and those with the least to give. It is a bound, not a forecast: blocks that
    /// would be elsewhere leave holes there too, and thread caches stay. The arenas that remain are taken to be as full as they are.
    /// </summary>
    public ulong SavedAtMost(int arenas) =>
        _arenas.Where(a => !a.Arena.IsMain).Select(Spare).Order().Skip(arenas - _arenas.Count(a => a.Arena.IsMain))
            .Aggregate(0UL, (sum, bytes) => sum + bytes);

    private static ulong Spare(ArenaPages arena) =>
        arena.ResidentFreeBytes - arena.ResidentBytes(BlockState.Tcache)
        + arena.ResidentBytes(BlockState.Overhead) + arena.ResidentBytes(BlockState.Fencepost);

    private static AddressRange? MainStack(PageTable table) =>
        table.Mappings.FirstOrDefault(m => m.Mapping.Name.Span.SequenceEqual("[stack]"u8))?.Mapping.Range;

    private static (ulong Resident, ulong Swapped) Present(PageCursor cursor, AddressRange range)
    {
        (ulong resident, ulong swapped) = (0, 0);
        for (ulong at = range.Start; at < range.End;)
        {
            PageState page = cursor.At(at, out ulong end);
            end = Math.Min(end, range.End);
            resident += page.IsResident ? end - at : 0;
            swapped += page.Kind == PageKind.Swapped ? end - at : 0;
            at = end;
        }

        return (resident, swapped);
    }
}
