using CsCheck;
using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>Run-length encoded states: what goes in comes out, with neighbours joined.</summary>
public sealed class PageRunsTests
{
    private static readonly Gen<PageState> State = Gen.Select(
        Gen.Enum<PageKind>(), Gen.Int[0, 31], (kind, order) => new PageState(kind, order));

    // Small counts are the rule, and the borders of the encoding's groups of seven bits matter.
    private static readonly Gen<ulong> Count = Gen.OneOf(
        Gen.ULong[0, 3], Gen.ULong[120, 135], Gen.ULong[16_380, 16_390], Gen.ULong[0, 1UL << 52]);

    [Fact]
    public void Runs_come_out_as_they_went_in() => Gen.Select(State, Count).Array[0, 60].Sample(added =>
    {
        var builder = new PageRuns.Builder();
        ulong pages = 0;
        foreach ((PageState state, ulong count) in added)
        {
            builder.Add(state, count);
            pages += count;
            Assert.Equal(pages, builder.Pages);
        }

        AssertRuns(Joined(added), builder.Take());
    });

    [Fact]
    public void Codes_come_out_as_runs() => Gen.Select(Gen.Int[0, 5], Gen.Int[1, 300]).Array[0, 30].Sample(stretches =>
    {
        var codes = new List<byte>();
        foreach ((int code, int length) in stretches)
        {
            codes.AddRange(Enumerable.Repeat((byte)code, length));
        }

        var builder = new PageRuns.Builder();
        builder.Add(codes.ToArray());
        AssertRuns(Joined([.. stretches.Select(s => (PageState.FromCode((byte)s.Item1), (ulong)s.Item2))]), builder.Take());
    });

    [Fact]
    public void A_builder_begins_anew_after_each_mapping()
    {
        var builder = new PageRuns.Builder();
        builder.Add(new PageState(PageKind.File), 7);
        PageRuns first = builder.Take();
        Assert.Equal(0UL, builder.Pages);
        builder.Add(new PageState(PageKind.File), 2);
        Assert.Equal([new PageRun(0, 2, new PageState(PageKind.File))], builder.Take());
        Assert.Equal([new PageRun(0, 7, new PageState(PageKind.File))], first);
        Assert.Empty(builder.Take());
    }

    [Fact]
    public void The_first_state_may_be_the_one_that_nothing_means()
    {
        var builder = new PageRuns.Builder();
        builder.Add(default, 5);
        builder.Add(new PageState(PageKind.Zero), 0);
        builder.Add(default, 6);
        Assert.Equal([new PageRun(0, 11, new PageState(PageKind.Unknown))], builder.Take());
    }

    [Fact]
    public void Runs_can_be_gone_through_again()
    {
        var builder = new PageRuns.Builder();
        builder.Add(new PageState(PageKind.Zero), 3);
        builder.Add(new PageState(PageKind.Swapped), 4);
        PageRuns runs = builder.Take();
        Assert.Equal(runs.ToArray(), runs.ToArray());
        IEnumerator<PageRun> enumerator = ((IEnumerable<PageRun>)runs).GetEnumerator();
        Assert.True(enumerator.MoveNext());
        enumerator.Reset();
        Assert.True(enumerator.MoveNext());
        Assert.Equal(new PageRun(0, 3, new PageState(PageKind.Zero)), enumerator.Current);
    }

    [Fact]
    public void A_short_run_costs_two_bytes()
    {
        const int runs = 100_000;
        var builder = new PageRuns.Builder();
        for (int i = 0; i < runs; i++)
        {
            builder.Add(new PageState(i % 2 == 0 ? PageKind.Anonymous : PageKind.NotPresent), (ulong)(i % 127) + 1);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        PageRuns taken = builder.Take();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 2 * runs, (2 * runs) + 200);
        Assert.Equal(runs, taken.Count());
    }

    private static List<(PageState State, ulong Count)> Joined((PageState State, ulong Count)[] added)
    {
        var joined = new List<(PageState State, ulong Count)>();
        foreach ((PageState state, ulong count) in added.Where(a => a.Count != 0))
        {
            if (joined.Count != 0 && joined[^1].State == state)
            {
                joined[^1] = (state, joined[^1].Count + count);
            }
            else
            {
                joined.Add((state, count));
            }
        }

        return joined;
    }

    private static void AssertRuns(List<(PageState State, ulong Count)> expected, PageRuns runs)
    {
        Assert.Equal(expected, runs.Select(r => (r.State, r.Count)));
        ulong at = 0;
        foreach (PageRun run in runs)
        {
            Assert.Equal(at, run.FirstPage);
            at += run.Count;
            Assert.Equal(at, run.EndPage);
        }
    }
}
