using PageAlloc.Heaps.Glibc;
using PageAlloc.Targets;

namespace PageAlloc.Heaps;

/// <summary>
/// The heaps in a snapshot: all that is known of them before and after their blocks were walked, and nothing of what is in
/// their blocks. Or why they could not be read.
/// </summary>
internal static class HeapSection
{
    private const int LeastMmapped = 4;
    private const int LeastThread = 8;

    // What finds heaps finds no more; and the kernel has no more threads.
    private const int MaxArenas = 1 << 15;
    private const int MaxThreads = 1 << 22;
    private const int MaxLibraries = 1 << 10;

    public static void Write(MomentWriter moment, HeapSet heaps, IReadOnlyList<HeapThread> threads) => moment.Add(SectionId.Heaps, w =>
    {
        w.Bool(true);
        w.Optional(heaps.Allocator);
        w.Optional(heaps.Version);
        w.Text(heaps.Layout);
        w.Bool(heaps.WasForked);
        w.Number(heaps.OrphanTcacheBytes);
        ProblemList.Write(w, heaps.Problems);
        w.List(heaps.Arenas, arena => ArenaRecord.Write(w, arena));
        w.List(heaps.Mmapped, block =>
        {
            w.Range(block.Range);
            w.Number(block.Chunk - block.Range.Start);
            w.Number(block.User - block.Chunk);
            w.Number(block.Usable);
        });
        w.List(heaps.Parameters, parameters => parameters.Write(w));
        w.List(heaps.Tcaches, tcache => tcache.Write(w));
        w.List(heaps.OrphanTcaches, tcache => tcache.Write(w));
        w.Bool(ReferenceEquals(threads, heaps.Threads));
        w.List(threads, thread => Write(w, thread));
    });

    public static void Write(MomentWriter moment, TargetException failure) => moment.Add(SectionId.Heaps, w =>
    {
        w.Bool(false);
        w.Number((int)failure.Failure);
        w.Text(failure.Message);
        w.Optional(failure.Advice);
    });

    /// <summary>Reads them.</summary>
    /// <param name="sections">The snapshot.</param>
    /// <param name="threads">The threads found in memory, whatever the allocator is.</param>
    /// <exception cref="TargetException">They could not be read when the snapshot was taken.</exception>
    public static HeapSet Read(ISections sections, out IReadOnlyList<HeapThread> threads)
    {
        SectionReader r = sections.Open(SectionId.Heaps);
        if (!r.Bool())
        {
            throw new TargetException((TargetFailure)r.Choice((int)TargetFailure.Damaged + 1), r.Text(), r.OptionalText());
        }

        var heaps = new HeapSet
        {
            Allocator = r.OptionalText(),
            Version = r.OptionalText(),
            Layout = r.Text(),
            WasForked = r.Bool(),
            OrphanTcacheBytes = r.Number(),
            Problems = ProblemList.Read(r),
            Arenas = ReadArenas(r),
            Mmapped = r.List(LeastMmapped, () => ReadMmapped(r)),
            Parameters = r.List(MallocParameters.LeastRecord, () => MallocParameters.Read(r), MaxLibraries),
            Tcaches = r.List(Tcache.LeastRecord, () => Tcache.Read(r), MaxThreads),
            OrphanTcaches = r.List(Tcache.LeastRecord, () => Tcache.Read(r), MaxThreads),
        };
        bool areOfHeaps = r.Bool();
        threads = r.List(LeastThread, () => ReadThread(r), MaxThreads);
        return areOfHeaps ? heaps with { Threads = threads } : heaps;
    }

    private static List<Arena> ReadArenas(SectionReader r)
    {
        var known = new HashSet<ulong>();
        return r.List(ArenaRecord.LeastBytes, ReadArena, MaxArenas);

        Arena ReadArena() => ArenaRecord.Read(r) is var arena && known.Add(arena.Address)
            ? arena
            : throw r.Damage($"the arena at 0x{arena.Address:x} stands there twice");
    }

    private static MmappedBlock ReadMmapped(SectionReader r)
    {
        AddressRange range = r.Range();
        ulong chunk = range.Start + r.Number();
        ulong user = chunk + r.Number();
        ulong usable = r.Number();
        return range.Contains(chunk) && range.Contains(user)
            ? new MmappedBlock(range, chunk, user, usable)
            : throw r.Damage($"the mmapped block at 0x{chunk:x} is not in its mapping {range}");
    }

    private static void Write(SectionWriter w, HeapThread thread)
    {
        w.Number(thread.Tid);
        w.Number(thread.Pointer);
        w.Number(thread.Arena);
        w.Number(thread.TcacheBlocks);
        w.Number(thread.TcacheBytes);
        w.Range(thread.Stack ?? default);
        w.Number(thread.GuardBytes);
    }

    private static HeapThread ReadThread(SectionReader r) => new()
    {
        Tid = r.Number(int.MaxValue),
        Pointer = r.Number(),
        Arena = r.Number(),
        TcacheBlocks = r.Number(),
        TcacheBytes = r.Number(),
        Stack = r.Range() is { IsEmpty: false } stack ? stack : null,
        GuardBytes = r.Number(),
    };
}
