using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Pages;

/// <summary>Which pages a snapshot with contents keeps: private memory in RAM. What files and shared memory hold is elsewhere too.</summary>
internal static class ContentRanges
{
    /// <summary>The ranges of a table, in address order: those to read, and what is known of the others.</summary>
    /// <param name="table">The pages.</param>
    /// <param name="swapIn">Whether swapped pages are read too.</param>
    public static IEnumerable<ContentRange> Of(PageTable table, bool swapIn)
    {
        var size = (ulong)table.PageSize;
        foreach (MappingPages pages in table.Mappings)
        {
            ulong start = pages.Mapping.Range.Start;
            foreach (PageRun run in pages.Runs)
            {
                PageAccess access = run.State.Kind switch
                {
                    PageKind.Anonymous or PageKind.Ksm or PageKind.Zero => PageAccess.Data,
                    PageKind.Swapped => swapIn ? PageAccess.Data : PageAccess.Swapped,
                    PageKind.NotPresent or PageKind.DumpedZeros => PageAccess.Absent,
                    PageKind.Dumped when IsPrivate(pages.Mapping) => PageAccess.Data,
                    _ => PageAccess.Unreadable,
                };
                yield return new ContentRange(new AddressRange(start + (run.FirstPage * size), start + (run.EndPage * size)), access);
            }
        }
    }

    // What a core file holds of a file that was only read is in that file.
    private static bool IsPrivate(Mapping mapping) =>
        mapping.Backing == MappingBacking.Anonymous || (mapping.Backing == MappingBacking.File && mapping.Permissions.HasFlag(MappingPermissions.Write));
}
