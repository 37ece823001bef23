using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Insight;

/// <summary>
/// The huge pages of a mapping: of the aligned ranges of a huge page's size (2 MiB on x86-64) that lie wholly inside it, how
/// many are huge, and how many could be.
/// </summary>
/// <param name="Mapping">The mapping.</param>
/// <param name="Ranges">The aligned ranges in it.</param>
/// <param name="Huge">Those that one page-table entry maps, as <c>AnonHugePages</c>, <c>ShmemPmdMapped</c> and <c>FilePmdMapped</c> of smaps count.</param>
/// <param name="Whole">Those that smaller pages fill: huge ones would take no more memory.</param>
/// <param name="Partly">Those that smaller pages fill in part: a huge page would take more memory.</param>
/// <param name="MissingBytes">How much more, in bytes: what of the partly filled ones is not in RAM.</param>
public readonly record struct HugeMapping(Mapping Mapping, ulong Ranges, ulong Huge, ulong Whole, ulong Partly, ulong MissingBytes)
{
    /// <summary>Those that the kernel may make huge, by its own rule; null when that was not asked for, or is not known.</summary>
    public ulong? Eligible { get; init; }

    // Few kernels and file systems make them of a file's pages.
    /// <summary>Whether the kernel may make more of them huge: private and shared memory, unless its own rule is known and says no.</summary>
    public bool CanBecomeHuge => Mapping.Backing is MappingBacking.Anonymous or MappingBacking.SharedMemory && Eligible is not 0;

    /// <summary>Bytes of the huge ones that were searched for zeros.</summary>
    public ulong ScannedBytes { get; init; }

    /// <summary>What of them lies in base pages of zeros, in bytes: what splitting the huge pages would save; null when they were not searched.</summary>
    public ulong? ZeroBytes { get; init; }

    /// <summary>Counts the ranges of a mapping, at a cost that follows the runs of its pages.</summary>
    /// <param name="pages">The mapping's pages.</param>
    /// <param name="table">The table that they are from.</param>
    public static HugeMapping Of(MappingPages pages, PageTable table)
    {
        var pageSize = (ulong)table.PageSize;
        ulong span = 1UL << table.HugeOrder;
        AddressRange range = pages.Mapping.Range;

        // In pages from address 0 on, so that ranges begin at multiples of their size.
        ulong first = range.Start / pageSize;
        ulong from = (first + span - 1) / span * span;
        ulong to = range.End / pageSize / span * span;
        if (from >= to)
        {
            return new HugeMapping(pages.Mapping, 0, 0, 0, 0, 0);
        }

        var counts = new Counts(table.HugeOrder);
        foreach (PageRun run in pages.Runs)
        {
            ulong start = Math.Max(first + run.FirstPage, from);
            ulong end = Math.Min(first + run.EndPage, to);
            if (start < end)
            {
                counts.Add(start, end, run.State.IsResident, run.State.HasSize && run.State.Order == table.HugeOrder);
            }
        }

        return new HugeMapping(pages.Mapping, (to - from) / span, counts.Huge, counts.Whole, counts.Partly, counts.Missing * pageSize);
    }

    /// <summary>Takes the pages of ranges that follow each other.</summary>
    private sealed class Counts(int order)
    {
        private ulong _resident;
        private ulong _hugePages;

        public ulong Huge { get; private set; }

        public ulong Whole { get; private set; }

        public ulong Partly { get; private set; }

        public ulong Missing { get; private set; }

        public void Add(ulong start, ulong end, bool isResident, bool isHuge)
        {
            ulong within = (1UL << order) - 1;

            // Most runs of scattered memory end in the range that they begin in.
            if (((start ^ end) & ~within) == 0)
            {
                _resident += isResident ? end - start : 0;
                _hugePages += isHuge ? end - start : 0;
                return;
            }

            while (start < end)
            {
                // Whole ranges of one state at once; else up to the end of the range begun.
                ulong whole = (start & within) == 0 ? (end - start) >> order : 0;
                ulong next = whole != 0 ? start + (whole << order) : Math.Min(end, (start | within) + 1);
                _resident += isResident ? next - start : 0;
                _hugePages += isHuge ? next - start : 0;
                start = next;
                if ((start & within) == 0)
                {
                    EndRanges(Math.Max(whole, 1));
                }
            }
        }

        private void EndRanges(ulong count)
        {
            ulong all = count << order;
            if (_hugePages == all)
            {
                Huge += count;
            }
            else if (_resident == all)
            {
                Whole += count;
            }
            else if (_resident != 0)
            {
                Partly += count;
                Missing += all - _resident;
            }

            _resident = _hugePages = 0;
        }
    }
}
