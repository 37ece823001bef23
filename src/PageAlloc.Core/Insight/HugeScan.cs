using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Insight;

/// <summary>What is read of huge pages only when it is asked for.</summary>
/// <param name="Zeros">The zeros in them.</param>
/// <param name="Policy">Where the kernel may make them.</param>
public sealed record HugeScan(ZeroScan Zeros, HugePagePolicy Policy)
{
    /// <summary>Reads both. The policy first, as reading bytes changes what smaps says was referenced.</summary>
    /// <param name="target">The process.</param>
    /// <param name="table">Its pages.</param>
    /// <param name="mappings">The mappings to read, of that table.</param>
    /// <param name="limits">Caps on what is read.</param>
    /// <exception cref="TargetException">They can't be read.</exception>
    public static HugeScan Read(ITarget target, PageTable table, IEnumerable<MappingPages> mappings, Limits limits)
    {
        if (target is ISections sections)
        {
            SectionReader r = sections.TryOpen(SectionId.HugeScan)
                ?? throw new TargetException(TargetFailure.NotSupported, "the snapshot does not tell of zeros in huge pages", "'pagealloc record --zero-scan' keeps that");
            return new HugeScan(ZeroScan.Read(r, mappings), HugePagePolicy.Read(r));
        }

        HugePagePolicy policy = HugePagePolicy.Read(target, (ulong)table.PageSize << table.HugeOrder);
        return new HugeScan(ZeroScan.Read(target, table, mappings, limits.MaxZeroScanBytes), policy);
    }

    /// <summary>Writes both to a snapshot.</summary>
    internal void Write(MomentWriter moment, IReadOnlyList<Mapping> mappings) => moment.Add(SectionId.HugeScan, w =>
    {
        Zeros.Write(w);
        Policy.Write(w, mappings);
    });
}
