using PageAlloc.Mappings;

namespace PageAlloc.Pages;

/// <summary>
/// What pagemap entries alone can't tell apart is settled by smaps' sums of the mapping, where they leave no doubt:
/// which 2 MiB are mapped by one entry, and (without kpageflags) which pages are the page of zeros. What stays in doubt
/// is counted as base pages, or as unknown, and said to be.
/// </summary>
internal static class SmapsReconciliation
{
    /// <summary>The table, corrected.</summary>
    /// <param name="table">A table read without PAGEMAP_SCAN, in which folios of the huge order keep their size.</param>
    /// <param name="smaps">smaps, read at the same time.</param>
    public static PageTable Apply(PageTable table, Dictionary<ulong, SmapsEntry> smaps)
    {
        var mappings = new List<MappingPages>(table.Mappings.Count);
        UnknownDetails unknown = table.Unknown;
        foreach (MappingPages pages in table.Mappings)
        {
            smaps.TryGetValue(pages.Mapping.Range.Start, out SmapsEntry entry);
            mappings.Add(pages.Mapping.HugetlbPageSize != 0 ? pages : pages with { Runs = Settle(pages, entry, table, ref unknown) });
        }

        return new PageTable(mappings, table.PageSize, table.HugeOrder, unknown);
    }

    private static PageRuns Settle(MappingPages pages, SmapsEntry entry, PageTable table, ref UnknownDetails unknown)
    {
        ulong huge = 1UL << table.HugeOrder;
        ulong first = pages.Mapping.Range.Start / (ulong)table.PageSize;
        ulong candidates = 0;
        foreach (PageRun run in pages.Runs)
        {
            candidates += IsHuge(run, table) ? WholeHugePages(run, first, huge) : 0;
        }

        ulong mapped = entry.MappedHuge / (ulong)table.PageSize;
        bool keep = mapped == candidates && mapped != 0;
        unknown |= keep || mapped == 0 ? 0 : UnknownDetails.HugePages;

        PageState doubtful = SettleDoubt(pages.Count(), entry.Rss / (ulong)table.PageSize);
        var runs = new PageRuns.Builder();
        foreach (PageRun run in pages.Runs)
        {
            if (run.State == PageStates.Doubtful)
            {
                runs.Add(doubtful, run.Count);
            }
            else if (IsHuge(run, table))
            {
                AddHuge(runs, run, first, keep ? huge : 0);
            }
            else
            {
                runs.Add(run.State, run.Count);
            }
        }

        return runs.Take();
    }

    // The page of zeros is not in RSS: when the doubtful pages are all in it, or none is, they are told.
    private static PageState SettleDoubt(PageCounts counts, ulong rssPages)
    {
        ulong certain = counts.Resident - counts[PageStates.Doubtful];
        return new PageState(
            rssPages == counts.Resident ? PageKind.Anonymous
            : rssPages == certain ? PageKind.Zero
            : PageKind.Unknown);
    }

    private static bool IsHuge(PageRun run, PageTable table) => run.State.HasSize && run.State.Order == table.HugeOrder;

    private static ulong WholeHugePages(PageRun run, ulong first, ulong huge)
    {
        ulong start = (first + run.FirstPage + huge - 1) / huge * huge;
        ulong end = (first + run.EndPage) / huge * huge;
        return end > start ? end - start : 0;
    }

    // What is not a whole aligned huge page is part of one that is mapped by base entries.
    private static void AddHuge(PageRuns.Builder runs, PageRun run, ulong first, ulong huge)
    {
        var small = new PageState(run.State.Kind);
        ulong whole = huge == 0 ? 0 : WholeHugePages(run, first, huge);
        ulong lead = whole == 0 ? run.Count : (huge - ((first + run.FirstPage) % huge)) % huge;
        runs.Add(small, lead);
        runs.Add(run.State, whole);
        runs.Add(small, run.Count - lead - whole);
    }
}
