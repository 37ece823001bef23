using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>Reads tables from made-up kernels, and compares them with the truth page by page.</summary>
internal static class Tables
{
    public const int Pid = 4711;

    public static PageTable Read(FakeKernel kernel, IReadOnlyList<Mapping> mappings) =>
        PageTableReader.Read(kernel, mappings, kernel.Smaps, Pid);

    public static void AssertTrue(AddressSpace space, PageTable table) => AssertStates(space, table, p => p.Truth);

    public static void AssertStates(AddressSpace space, PageTable table, Func<FakePage, PageState> truth)
    {
        Assert.Equal(space.Mappings, table.Mappings.Select(m => m.Mapping));
        for (int m = 0; m < space.Mappings.Count; m++)
        {
            AssertAccounted(table.Mappings[m], space.PageSize);
            foreach (PageRun run in table.Mappings[m].Runs)
            {
                for (ulong page = run.FirstPage; page < run.EndPage; page++)
                {
                    PageState expected = truth(space.Pages[m][page]);
                    Assert.True(
                        expected == run.State,
                        $"mapping {m} ({space.Mappings[m].Backing}), page {page}: {run.State.Kind} {run.State.Order} and not {expected.Kind} {expected.Order}");
                }
            }
        }
    }

    /// <summary>Each page of the mapping is in exactly one run, and neighbours differ.</summary>
    public static void AssertAccounted(MappingPages pages, int pageSize)
    {
        ulong total = pages.Mapping.Range.Length / (ulong)pageSize;
        ulong at = 0;
        PageState? last = null;
        foreach (PageRun run in pages.Runs)
        {
            Assert.Equal(at, run.FirstPage);
            Assert.NotEqual(0UL, run.Count);
            Assert.NotEqual(last, run.State);
            at += run.Count;
            last = run.State;
        }

        Assert.Equal(total, at);
        Assert.Equal(total, pages.Count().Total);
    }

    /// <summary>The runs of a mapping in words: <c>3 Anonymous, 512 Anonymous+9</c>.</summary>
    public static string Describe(MappingPages pages) => string.Join(
        ", ", pages.Runs.Select(r => $"{r.Count} {r.State.Kind}{(r.State.Order == 0 ? "" : $"+{r.State.Order}")}"));
}
