using PageAlloc.Mappings;
using PageAlloc.Targets;
using PageAlloc.Targets.Cores;

namespace PageAlloc.Pages;

/// <summary>What a core file tells of pages: which of them it holds. Nothing of it is residency.</summary>
internal static class CorePages
{
    // None of these is known of any page.
    private const UnknownDetails NotTold =
        UnknownDetails.Residency | UnknownDetails.FolioSizes | UnknownDetails.MergedPages | UnknownDetails.HugePages | UnknownDetails.GuardPages;

    /// <summary>The pages of mappings.</summary>
    /// <param name="core">The core file.</param>
    /// <param name="mappings">Its mappings.</param>
    public static PageTable Of(CoreFile core, IReadOnlyList<Mapping> mappings)
    {
        using CoreMemory memory = core.Memory();
        var page = (ulong)memory.PageSize;
        var runs = new PageRuns.Builder();
        var table = new List<MappingPages>(mappings.Count);
        foreach (Mapping mapping in mappings)
        {
            for (ulong at = mapping.Range.Start, next; at < mapping.Range.End; at = next)
            {
                PageAccess access = memory.Look(at, mapping.Range.End, out next, out _);
                PageKind kind = access switch { PageAccess.Data => PageKind.Dumped, PageAccess.Absent => PageKind.DumpedZeros, _ => PageKind.Unknown };
                runs.Add(new PageState(kind), (next - at) / page);
            }

            table.Add(new MappingPages(mapping, runs.Take(), 0));
        }

        // A huge page is what one entry of the second page-table level maps.
        int hugeOrder = int.Log2(memory.PageSize / sizeof(ulong));
        return new PageTable(table, memory.PageSize, hugeOrder, NotTold);
    }
}
