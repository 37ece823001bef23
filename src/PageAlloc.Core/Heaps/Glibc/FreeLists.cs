using System.Runtime.InteropServices;

namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// The free chunks that boundary tags do not tell from used ones, or not from those in bins: what tcaches, fastbins and the
/// unsorted bins hold. 8 bytes each, in address order, so that a walk meets them as it goes.
/// </summary>
internal sealed class FreeLists
{
    // Chunks are aligned to 8 at least: the list is kept in the low bits.
    private const ulong ListMask = 7;

    // One fault makes many, as a list that joins another shares all of its rest.
    private const int MaxProblems = 100;
    private readonly List<ulong> _entries = [];
    private readonly List<ulong> _unfollowed = [];

    /// <summary>Which list a chunk is in.</summary>
    public enum List
    {
        /// <summary>None.</summary>
        None = 0,

        /// <summary>A tcache.</summary>
        Tcache,

        /// <summary>A fastbin.</summary>
        Fast,

        /// <summary>An unsorted bin.</summary>
        Unsorted,
    }

    /// <summary>How many there are.</summary>
    public int Count => _entries.Count;

    /// <summary>The chunk with that number, in address order.</summary>
    public (ulong Chunk, List List) this[int index] => (_entries[index] & ~ListMask, (List)(_entries[index] & ListMask));

    /// <summary>Adds the chunks of a tcache.</summary>
    public void Add(Tcache tcache)
    {
        foreach (ulong chunk in tcache.Chunks)
        {
            _entries.Add(chunk | (ulong)List.Tcache);
        }
    }

    /// <summary>Adds what the fastbins and the unsorted bin of an arena hold; nothing, when that takes a table of all its links.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="arena">The arena.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="problems">Gets what is wrong.</param>
    /// <param name="links">The links of all chunks that may be in a list; null when there is no such table yet.</param>
    public void Add(MemoryCache memory, ArenaState arena, GlibcLayout layout, List<Problem> problems, LinkTable? links = null)
    {
        int entries = _entries.Count;
        int known = problems.Count;
        int limit = (int)Math.Min(int.MaxValue, arena.SystemBytes / layout.MinimumSize);
        var reader = new ListReader(memory, links, arena.SystemBytes);
        for (int i = 0; i < layout.FastbinCount; i++)
        {
            AddFastbin(reader, arena, arena.Fastbin(i), i, limit, layout, problems);
        }

        AddUnsorted(reader, arena, limit, layout, problems);
        if (reader.IsExhausted)
        {
            _entries.RemoveRange(entries, _entries.Count - entries);
            problems.RemoveRange(known, problems.Count - known);
            _unfollowed.Add(arena.Address);
        }
    }

    /// <summary>The addresses of the arenas whose lists were not followed, each given once.</summary>
    public IReadOnlyList<ulong> TakeUnfollowed()
    {
        ulong[] taken = [.. _unfollowed];
        _unfollowed.Clear();
        return taken;
    }

    /// <summary>Sorts, and reports what is in there twice and was not reported before.</summary>
    public void Complete(List<Problem> problems)
    {
        Span<ulong> entries = CollectionsMarshal.AsSpan(_entries);
        RadixSort.Sort(entries, GC.AllocateUninitializedArray<ulong>(entries.Length), 0);
        HashSet<ulong> known = [.. problems.Where(p => p.Kind == ProblemKind.DoubleFree).Select(p => p.Address)];
        int most = problems.Count + MaxProblems;
        for (int i = 1; i < _entries.Count && problems.Count < most; i++)
        {
            (ulong chunk, List list) = this[i];
            if (chunk == this[i - 1].Chunk && known.Add(chunk))
            {
                problems.Add(new Problem(
                    ProblemKind.DoubleFree, 0, chunk, $"the chunk 0x{chunk:x} is free twice: in {Name(this[i - 1].List)} and in {Name(list)}"));
            }
        }
    }

    /// <summary>The number of the first chunk at or behind <paramref name="address"/>.</summary>
    public int IndexOf(ulong address)
    {
        int index = _entries.BinarySearch(address);
        return index < 0 ? ~index : index;
    }

    /// <summary>Whether a chunk is among them.</summary>
    public bool Holds(ulong chunk) => IndexOf(chunk) is var index && index < Count && this[index].Chunk == chunk;

    private static string Name(List list) => list switch
    {
        List.Tcache => "a tcache",
        List.Fast => "a fastbin",
        _ => "the unsorted bin",
    };

    private void AddFastbin(
        ListReader reader, ArenaState arena, ulong chunk, int index, int limit, GlibcLayout layout, List<Problem> problems)
    {
        var cycle = default(CycleCheck);
        for (int count = 0; chunk != 0 && !reader.IsExhausted; count++)
        {
            ulong position = chunk + (ulong)layout.HeaderSize;
            if (position % (ulong)layout.Alignment != 0 || !reader.TryRead(position, out ulong stored, out _))
            {
                problems.Add(reader.Memory.IsSwapped(position)
                    ? new Problem(ProblemKind.Swapped, arena.Address, chunk, $"fastbin {index} leads to 0x{chunk:x}, which is swapped out: what follows counts as used")
                    : new Problem(ProblemKind.BrokenLink, arena.Address, chunk, $"fastbin {index} leads to 0x{chunk:x}, which is no chunk or can't be read"));
                return;
            }

            if (cycle.Closes(chunk) || count > limit)
            {
                problems.Add(new Problem(ProblemKind.ListCycle, arena.Address, chunk, $"fastbin {index} comes back to 0x{chunk:x} and never ends"));
                return;
            }

            _entries.Add(chunk | (ulong)List.Fast);
            chunk = ListLink.Decode(stored, position, layout);
        }
    }

    // Each chunk's bk leads to the one before: that rules out every cycle that leaves out the head.
    private void AddUnsorted(ListReader reader, ArenaState arena, int limit, GlibcLayout layout, List<Problem> problems)
    {
        ulong head = arena.BinHead(1);
        ulong before = head;
        ulong chunk = arena.BinFirst(1);
        ulong next = 0;
        var cycle = default(CycleCheck);
        for (int count = 0; chunk != head && !reader.IsExhausted; count++)
        {
            ulong position = chunk + (ulong)layout.HeaderSize;
            bool isBroken = count > limit || position % (ulong)layout.Alignment != 0
                || !reader.TryRead(position, out next, out ulong? back)
                || (back is { } link && link != before)
                || cycle.Closes(chunk);
            if (isBroken && reader.Memory.IsSwapped(position))
            {
                problems.Add(new Problem(
                    ProblemKind.Swapped, arena.Address, chunk, $"the unsorted bin leads to 0x{chunk:x}, which is swapped out: what follows counts as in small and large bins"));
                return;
            }

            if (isBroken)
            {
                // The wrong link stands in the chunk before, unless that is the bin itself.
                problems.Add(new Problem(
                    ProblemKind.BrokenLink,
                    arena.Address,
                    before == head ? chunk : before,
                    $"the unsorted bin leads from 0x{before:x} to 0x{chunk:x}, which does not lead back or can't be read"));
                return;
            }

            _entries.Add(chunk | (ulong)List.Unsorted);
            before = chunk;
            chunk = next;
        }
    }
}
