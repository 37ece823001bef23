using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Pages;

/// <summary>The state of each page in a snapshot: the runs of each mapping, as they are kept in memory.</summary>
internal static class PageTableSection
{
    private const int LeastMapping = 5;
    private const int LeastFolio = 5;
    private const int AllDetails = (2 * (int)UnknownDetails.Residency) - 1;
    private const int MaxOrder = 31;

    public static void Write(MomentWriter moment, PageTable table) => moment.Add(SectionId.Pages, w =>
    {
        w.Number(table.HugeOrder);
        w.Number((int)table.Unknown);
        ulong end = 0;
        w.List(table.Mappings, pages =>
        {
            w.Number(pages.Mapping.Range.Start - end);
            end = pages.Mapping.Range.End;
            w.Number(pages.Mapping.Range.Length / (ulong)table.PageSize);
            w.Number(pages.SwappedSharedBytes);
            w.List(pages.Folios, folio =>
            {
                w.Number((int)folio.Kind);
                w.Number(folio.Order);
                w.Number(folio.AlignedPages);
                w.Number(folio.UnalignedPages);
                w.Number(folio.PartialPages);
            });
            w.Bytes(pages.Runs.Encoded);
        });
    });

    /// <summary>The pages of some mappings.</summary>
    public static PageTable Read(ISections sections, IReadOnlyList<Mapping> mappings, int pageSize)
    {
        SectionReader r = sections.Open(SectionId.Pages);
        int hugeOrder = r.Number(MaxOrder);
        var unknown = (UnknownDetails)r.Number(AllDetails);
        var found = new List<MappingPages>(mappings.Count);
        ulong end = 0;
        for (int left = r.Count(LeastMapping); left > 0; left--)
        {
            ulong start = end + r.Number();
            ulong pages = r.Number();
            end = start + (pages * (ulong)pageSize);
            ulong swappedShared = r.Number();
            List<FolioCount> folios = r.List(LeastFolio, () => new FolioCount(
                (PageKind)r.Choice((int)PageKind.SharedMemory + 1), r.Number(MaxOrder), r.Number(), r.Number(), r.Number()));
            int length = r.Count(1);
            if (found.Count == mappings.Count || mappings[found.Count].Range.Start != start)
            {
                r.Skip(length);
                continue;
            }

            Mapping mapping = mappings[found.Count];
            if (pages != mapping.Range.Length / (ulong)pageSize)
            {
                throw r.Damage($"the mapping at 0x{start:x} has {mapping.Range.Length} bytes, and {pages} pages");
            }

            var runs = new byte[length];
            r.Raw(runs);
            found.Add(new MappingPages(mapping, PageRuns.Checked(runs, pages) ?? throw r.Damage($"the pages of the mapping at 0x{start:x}"), swappedShared) { Folios = folios });
        }

        return found.Count == mappings.Count ? new PageTable(found, pageSize, hugeOrder, unknown)
            : throw r.Damage($"it tells nothing of the pages of the mapping at 0x{mappings[found.Count].Range.Start:x}");
    }
}
