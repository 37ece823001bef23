using PageAlloc.Heaps;
using PageAlloc.Mappings;

namespace PageAlloc.Insight;

/// <summary>What decides, beside the heap itself, how much <c>malloc_trim(0)</c> gives back.</summary>
public sealed record TrimConditions
{
    /// <summary>The program break; 0 when the process has no such heap.</summary>
    public ulong Break { get; private init; }

    /// <summary>By multiples of how many bytes the break is lowered: a page, or a huge page with glibc.malloc.hugetlb=1.</summary>
    public ulong Step { get; private init; }

    /// <summary>Memory that madvise leaves, as it is locked.</summary>
    internal RangeSet Locked { get; private init; } = new([]);

    /// <summary>The conditions in a process.</summary>
    /// <param name="mappings">All its mappings.</param>
    /// <param name="heaps">Its heaps.</param>
    /// <param name="locked">What it has locked.</param>
    /// <param name="pageSize">The size of a page in bytes.</param>
    public static TrimConditions Of(IReadOnlyList<Mapping> mappings, HeapSet heaps, IReadOnlyList<AddressRange> locked, int pageSize) => new()
    {
        Break = mappings.LastOrDefault(m => m.Name.Span.SequenceEqual("[heap]"u8))?.Range.End ?? 0,
        Step = Math.Max((ulong)pageSize, heaps.Parameters.Select(p => p.HugePageSize).DefaultIfEmpty(0UL).Max()),
        Locked = new RangeSet(locked),
    };
}
