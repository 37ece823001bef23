using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Heaps;

/// <summary>All malloc heaps of a target: where they are, and what is free in lists that boundary tags do not tell.</summary>
public sealed record HeapSet
{
    /// <summary>The allocator: <c>glibc</c>, or another by name; null when none is known to be there.</summary>
    public required string? Allocator { get; init; }

    /// <summary>The release of glibc, such as <c>2.36</c>; null when unknown.</summary>
    public string? Version { get; init; }

    /// <summary>
    /// How the layout was found: <c>structure</c>, <c>debug info: PATH</c> or <c>symbols: PATH</c>; when it was held against
    /// another, as in <c>structure, checked against debug info: PATH</c>.
    /// </summary>
    public string Layout { get; init; } = "structure";

    /// <summary>The arenas: each libc's main arena, then its others in the order of its ring.</summary>
    public IReadOnlyList<Arena> Arenas { get; init; } = [];

    /// <summary>Blocks that are mappings of their own, in address order.</summary>
    public IReadOnlyList<MmappedBlock> Mmapped { get; init; } = [];

    /// <summary>The size of those mappings.</summary>
    public ulong MmappedBytes => Mmapped.Aggregate(0UL, (sum, block) => sum + block.Range.Length);

    /// <summary>The parameters of each libc found.</summary>
    public IReadOnlyList<MallocParameters> Parameters { get; init; } = [];

    /// <summary>The threads that were found in memory, in address order of their control blocks.</summary>
    public IReadOnlyList<HeapThread> Threads { get; init; } = [];

    /// <summary>What is wrong, and of no arena.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    /// <summary>Whether the process was forked and ran no other program since: then it has arenas of threads that only its parent had.</summary>
    public bool WasForked { get; init; }

    /// <summary>What tcaches, fastbins and unsorted bins hold.</summary>
    internal FreeLists Lists { get; init; } = new();

    /// <summary>The tcaches of the threads.</summary>
    internal IReadOnlyList<Tcache> Tcaches { get; init; } = [];

    /// <summary>Tcaches of threads that do not exist, as a fork leaves them behind.</summary>
    internal IReadOnlyList<Tcache> OrphanTcaches { get; init; } = [];

    /// <summary>The chunks in <see cref="OrphanTcaches"/>, in bytes.</summary>
    internal ulong OrphanTcacheBytes { get; init; }

    /// <summary>Where arenas and mmapped blocks are.</summary>
    internal RangeSet Ranges() => new(Arenas.SelectMany(a => a.Segments).Select(s => s.Range).Concat(Mmapped.Select(m => m.Range)));

    /// <summary>The user addresses of the structures of tcaches of threads that do not exist, as a fork leaves them behind.</summary>
    public IEnumerable<ulong> OrphanTcacheAddresses => OrphanTcaches.Select(t => t.Address);
}
