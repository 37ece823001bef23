using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Insight.Findings;

/// <summary>Most private memory is not malloc's: no setting of malloc changes it.</summary>
internal sealed class OtherMemoryRule : IFindingRule
{
    // A smaller mapping is not where the memory is.
    private const ulong LeastPart = 4;

    public Finding? Find(ProcessFigures figures)
    {
        // What was not found of the heaps is private memory too.
        if (figures.Heaps is null || !HeapState.IsWhole(figures.Heaps))
        {
            return null;
        }

        Ledger ledger = figures.Summary.Ledger;
        ulong bytes = ledger[LedgerKind.Anonymous].ResidentBytes + ledger[LedgerKind.Jit].ResidentBytes;
        if (!Worth.Saying(bytes, figures) || bytes < ledger.PrivateBytes / 2)
        {
            return null;
        }

        var pageSize = (ulong)figures.Table.PageSize;
        RangeSet heaps = figures.Heaps.Heaps.Ranges();
        (MappingPages? largest, ulong resident) = figures.Table.Mappings
            .Where(m => m.Mapping is { Backing: MappingBacking.Anonymous } mapping && !mapping.Name.Span.StartsWith("[heap]"u8) && !mapping.Name.Span.StartsWith("[stack"u8) && !heaps.Overlaps(mapping.Range))
            .Select(m => (m, m.Runs.Resident * pageSize)).MaxBy(m => m.Item2);
        string where = largest is null || resident > bytes || resident < bytes / LeastPart ? "" : $"; the largest mapping of it is at 0x{largest.Mapping.Range.Start:x}, with {Amounts.Size(resident)}";
        string allocator = figures.Heaps?.Heaps.Allocator is { } name and not "glibc" ? $"{name}'s, " : "";
        return new Finding(
            "otherMemory",
            FindingSeverity.Info,
            bytes,
            $"{Worth.Share(bytes, figures)} are private memory that is not of glibc's malloc: {allocator}a runtime's, or mapped by the program itself{where}",
            "look into the runtime or the allocator that it belongs to: no setting of malloc changes it");
    }
}
