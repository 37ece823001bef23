using PageAlloc.Blocks;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Insight;

/// <summary>
/// The resident and the swapped memory of a process, broken down once and without remainder: the lines add up to what
/// <c>smaps</c> has in Rss and in Swap. In bytes.
/// </summary>
public sealed class Ledger
{
    private static readonly BlockState[] s_freeStates =
        [BlockState.Fast, BlockState.Unsorted, BlockState.Small, BlockState.Large, BlockState.Top];

    private readonly ulong[] _resident = new ulong[(int)LedgerKind.Kernel + 1];
    private readonly ulong[] _swapped = new ulong[(int)LedgerKind.Kernel + 1];

    /// <summary>Makes the ledger of a process.</summary>
    /// <param name="table">The pages of all its mappings.</param>
    /// <param name="heaps">Its heaps; null when they could not be read.</param>
    /// <param name="data">Where its modules have variables that are of no file (.bss).</param>
    /// <param name="status">The kernel's own sums, of about the same moment; null when there are none.</param>
    public Ledger(PageTable table, HeapFigures? heaps, IEnumerable<AddressRange> data, MemoryStatus? status)
    {
        Status = status;
        IsKnown = table.IsResidencyKnown;
        var claims = new LedgerClaims(heaps?.Heaps, data, (ulong)table.PageSize);
        foreach (MappingPages pages in table.Mappings)
        {
            Add(pages, claims, heaps is not null, (ulong)table.PageSize);
        }

        ResidentBytes = Sum(_resident);
        SwappedBytes = Sum(_swapped);
        SplitHeaps(heaps);
    }

    /// <summary>All lines, also those of nothing, in a fixed order.</summary>
    public IEnumerable<LedgerLine> Lines => Enum.GetValues<LedgerKind>().Select(kind => this[kind]);

    /// <summary>The line of a kind.</summary>
    public LedgerLine this[LedgerKind kind] => new(kind, _resident[(int)kind], _swapped[(int)kind]);

    /// <summary>The sum of what is resident: what <c>smaps</c> has in Rss.</summary>
    public ulong ResidentBytes { get; }

    /// <summary>The sum of what is swapped: what <c>smaps</c> has in Swap, shared memory included.</summary>
    public ulong SwappedBytes { get; }

    /// <summary>The shared memory in <see cref="SwappedBytes"/>, which VmSwap leaves out.</summary>
    public ulong SwappedSharedBytes { get; private set; }

    /// <summary>The private memory in <see cref="ResidentBytes"/>: what <c>smaps</c> has in Anonymous.</summary>
    public ulong PrivateBytes { get; private set; }

    /// <summary>hugetlb memory in RAM, which is in no line.</summary>
    public ulong HugetlbBytes { get; private set; }

    /// <summary>The kernel's own sums; null when there are none.</summary>
    public MemoryStatus? Status { get; }

    /// <summary>Whether it is known what is in RAM and in swap: of a core file it is not, and all lines are empty.</summary>
    public bool IsKnown { get; }

    /// <summary>All mapped memory.</summary>
    public ulong MappedBytes { get; private set; }

    /// <summary>The memory whose bytes a core file holds, without zeros that it has no room for.</summary>
    public ulong DumpedBytes { get; private set; }

    /// <summary>VmRSS less <see cref="ResidentBytes"/>: not 0 when the process went on meanwhile, or the kernel's counter lags; null when not known.</summary>
    public long? ResidentNotAccounted => Status is null ? null : (long)(Status.Resident - ResidentBytes);

    /// <summary>VmSwap less the private memory in <see cref="SwappedBytes"/>; null when not known.</summary>
    public long? SwappedNotAccounted => Status is null ? null : (long)(Status.Swapped - (SwappedBytes - SwappedSharedBytes));

    private void Add(MappingPages pages, LedgerClaims claims, bool heapsAreKnown, ulong pageSize)
    {
        // Absent memory is in no line: mappings of it alone need no look at claims.
        ulong at = pages.Mapping.Range.Start;
        MappedBytes += pages.Mapping.Range.Length;
        foreach (PageRun run in pages.Runs)
        {
            ulong end = at + (run.Count * pageSize);
            DumpedBytes += run.State.Kind == PageKind.Dumped ? end - at : 0;
            bool isSwapped = run.State.Kind == PageKind.Swapped;
            if (pages.Mapping.HugetlbPageSize != 0)
            {
                HugetlbBytes += run.State.IsResident ? end - at : 0;
            }
            else if (run.State.IsResident || isSwapped)
            {
                PrivateBytes += run.State.Kind is PageKind.Anonymous or PageKind.Ksm ? end - at : 0;
                ulong[] sums = isSwapped ? _swapped : _resident;
                LedgerKind usual = LedgerRules.Of(pages.Mapping, run.State, heapsAreKnown);
                for (ulong claimEnd; at < end; at = claimEnd)
                {
                    LedgerKind kind = claims.At(at, out claimEnd) ?? usual;
                    claimEnd = Math.Min(claimEnd, end);
                    sums[(int)kind] += claimEnd - at;
                }
            }

            at = end;
        }

        // Which pages these are is not known, so no claim can have them.
        _swapped[(int)LedgerKind.SharedMemory] += pages.SwappedSharedBytes;
        SwappedSharedBytes += pages.SwappedSharedBytes;
    }

    // All memory of arenas stands under overhead at first; what is known to be something else is taken from there.
    private void SplitHeaps(HeapFigures? heaps)
    {
        if (heaps is null)
        {
            return;
        }

        ArenaPages[] arenas = [.. heaps.Arenas.Select(a => heaps.Pages?.Of(a.Arena)).OfType<ArenaPages>()];
        if (heaps.Pages is null)
        {
            Move(_resident, LedgerKind.HeapUnknown, ulong.MaxValue);
            Move(_swapped, LedgerKind.HeapUnknown, ulong.MaxValue);
        }

        ulong trimmable = Sum(arenas, a => a.TrimmableBytes);
        ulong top = Sum(arenas, a => a.ResidentBytes(BlockState.Top) - Math.Min(a.ResidentBytes(BlockState.Top), a.TrimmableTopBytes));
        ulong free = Sum(arenas, a => s_freeStates.Aggregate(0UL, (sum, state) => sum + a.ResidentBytes(state)));
        Move(_resident, LedgerKind.HeapUsed, Resident(BlockState.Used));
        Move(_resident, LedgerKind.HeapUnknown, Resident(BlockState.Unknown));
        Move(_resident, LedgerKind.HeapTcache, Resident(BlockState.Tcache));
        Move(_resident, LedgerKind.HeapTrimmable, trimmable);
        Move(_resident, LedgerKind.HeapTop, top);
        Move(_resident, LedgerKind.HeapPinned, free - Math.Min(free, trimmable + top));

        Move(_swapped, LedgerKind.HeapUsed, Swapped(BlockState.Used));
        Move(_swapped, LedgerKind.HeapUnknown, Swapped(BlockState.Unknown));
        Move(_swapped, LedgerKind.HeapTcache, Swapped(BlockState.Tcache));
        Move(_swapped, LedgerKind.HeapTop, Swapped(BlockState.Top));
        Move(_swapped, LedgerKind.HeapPinned, s_freeStates.Aggregate(0UL, (sum, state) => sum + Swapped(state)) - Swapped(BlockState.Top));

        ulong Resident(BlockState state) => Sum(arenas, a => a.ResidentBytes(state));
        ulong Swapped(BlockState state) => Sum(arenas, a => a.SwappedBytes(state));
    }

    // Never more than there is: arenas of a damaged heap may lie in each other, and a heap may have grown meanwhile.
    private static void Move(ulong[] sums, LedgerKind kind, ulong bytes)
    {
        ulong moved = Math.Min(bytes, sums[(int)LedgerKind.HeapOverhead]);
        sums[(int)LedgerKind.HeapOverhead] -= moved;
        sums[(int)kind] += moved;
    }

    private static ulong Sum(ulong[] sums) => sums.Aggregate(0UL, (sum, bytes) => sum + bytes);

    private static ulong Sum(ArenaPages[] arenas, Func<ArenaPages, ulong> of) => arenas.Aggregate(0UL, (sum, a) => sum + of(a));
}
