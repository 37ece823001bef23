using PageAlloc.Interop;
using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Pages;

/// <summary>
/// Shared memory that is swapped out leaves no trace in pagemap; smaps alone looks it up, as a sum for each mapping.
/// smaps is read only when the system has swapped something and the process maps shared memory.
/// </summary>
internal static class SwappedSharedMemory
{
    /// <summary>The table with the sums.</summary>
    public static PageTable AddTo(PageTable table, IProcDirectory process)
    {
        if (!SystemMemory.IsSwapUsed() || !table.Mappings.Any(m => m.Mapping.Backing == MappingBacking.SharedMemory))
        {
            return table;
        }

        Dictionary<ulong, SmapsEntry> smaps = SmapsReader.Read(process);
        var mappings = new List<MappingPages>(table.Mappings.Count);
        foreach (MappingPages pages in table.Mappings)
        {
            ulong bytes = 0;
            if (pages.Mapping.Backing == MappingBacking.SharedMemory && smaps.TryGetValue(pages.Mapping.Range.Start, out SmapsEntry entry))
            {
                // Private copies of its pages, when swapped, are in pagemap and in smaps' sum.
                ulong listed = pages.Count().Of(PageKind.Swapped) * (ulong)table.PageSize;
                bytes = entry.Swap > listed ? entry.Swap - listed : 0;
            }

            mappings.Add(bytes == 0 ? pages : pages with { SwappedSharedBytes = bytes });
        }

        return new PageTable(mappings, table.PageSize, table.HugeOrder, table.Unknown);
    }
}
