using CsCheck;
using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>Pages counted by state.</summary>
public sealed class PageCountsTests
{
    [Fact]
    public void Nothing_counted_is_nothing()
    {
        var counts = new PageCounts();
        Assert.Equal(0UL, counts.Total);
        Assert.Equal(0UL, counts.Resident);
        Assert.Equal(0UL, counts.Unknown);
        Assert.Empty(counts.NonZero());
    }

    [Fact]
    public void Pages_are_counted_by_state_by_kind_and_together()
    {
        var counts = new PageCounts();
        counts.Add(new PageState(PageKind.Anonymous), 3);
        counts.Add(new PageState(PageKind.Anonymous, 9), 512);
        counts.Add(new PageState(PageKind.Anonymous), 1);
        counts.Add(new PageState(PageKind.Ksm), 10);
        counts.Add(new PageState(PageKind.Zero), 20);
        counts.Add(new PageState(PageKind.NotPresent), 100);
        counts.Add(new PageState(PageKind.Unknown), 1000);
        counts.Add(new PageState(PageKind.Dumped), 2000);
        counts.Add(new PageState(PageKind.DumpedZeros), 4000);
        Assert.Equal(7646UL, counts.Total);
        Assert.Equal(4UL, counts[new PageState(PageKind.Anonymous)]);
        Assert.Equal(512UL, counts[new PageState(PageKind.Anonymous, 9)]);
        Assert.Equal(0UL, counts[new PageState(PageKind.Anonymous, 4)]);
        Assert.Equal(516UL, counts.Of(PageKind.Anonymous));
        Assert.Equal(526UL, counts.Resident);
        Assert.Equal(7000UL, counts.Unknown);
        Assert.Equal(0UL, counts.Of(PageKind.Swapped));
    }

    [Fact]
    public void States_that_occur_come_by_kind_and_then_size()
    {
        var counts = new PageCounts();
        foreach (PageState state in new PageState[]
        {
            new(PageKind.SharedMemory), new(PageKind.Anonymous, 9), new(PageKind.NotPresent), new(PageKind.Anonymous), new(PageKind.File, 2),
        })
        {
            counts.Add(state, 1);
        }

        Assert.Equal(
            [
                new PageState(PageKind.NotPresent), new PageState(PageKind.Anonymous), new PageState(PageKind.Anonymous, 9),
                new PageState(PageKind.File, 2), new PageState(PageKind.SharedMemory),
            ],
            counts.NonZero().Select(s => s.State));
    }

    [Fact]
    public void The_states_add_up_to_the_total() =>
        Gen.Select(Gen.Enum<PageKind>(), Gen.Int[0, 31], Gen.ULong[0, 1UL << 50]).Array[0, 50].Sample(added =>
        {
            var counts = new PageCounts();
            var builder = new PageRuns.Builder();
            foreach ((PageKind kind, int order, ulong pages) in added)
            {
                builder.Add(new PageState(kind, order), pages);
            }

            counts.Add(builder.Take());
            ulong total = added.Aggregate(0UL, (sum, a) => sum + a.Item3);
            Assert.Equal(total, counts.Total);
            Assert.Equal(total, counts.NonZero().Aggregate(0UL, (sum, s) => sum + s.Pages));
            Assert.Equal(total, Enum.GetValues<PageKind>().Aggregate(0UL, (sum, kind) => sum + counts.Of(kind)));
        });
}
