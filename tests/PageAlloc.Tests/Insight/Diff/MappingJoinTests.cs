using CsCheck;
using PageAlloc.Insight.Diff;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;
using PageAlloc.Tests.Views;
using static PageAlloc.Tests.Insight.Diff.DiffScreen;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Insight.Diff;

/// <summary>Which mappings are the same, and what became of their pages.</summary>
public sealed class MappingJoinTests
{
    private static readonly Gen<PageState> s_state = Gen.Int[0, 8].Select(n => n == 8 ? new PageState(PageKind.Anonymous, 9) : new PageState((PageKind)n));

    // Pieces of a small address space: what each maps, and for how many pages; every third is a gap.
    private static readonly Gen<PageTable> s_table = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 1], s_state.Array[1, 6]).Array[1, 8].Select(Table);

    [Fact]
    public void Each_page_has_the_change_of_its_two_states() => Gen.Select(s_table, s_table).Sample(
        (old, now) =>
        {
            var changes = new PageChanges(old, now);
            IReadOnlyList<MappingChange> joined = MappingJoin.ByAddress(old, now, changes);
            Assert.Equal(old.Mappings.Count, joined.Sum(m => m.Old.Count));
            Assert.Equal(now.Mappings.Count, joined.Sum(m => m.New.Count));
            foreach (MappingChange mapping in joined)
            {
                ulong address = mapping.Range.Start;
                foreach (PageChangeRun run in mapping.Runs())
                {
                    for (ulong i = 0; i < run.Pages; i++, address += 4096)
                    {
                        Assert.Equal(changes.Of(StateAt(mapping.Old, address), StateAt(mapping.New, address)), run.Change);
                    }
                }

                Assert.Equal(mapping.Range.End, address);
                Assert.All(mapping.Old.Concat(mapping.New), m => Assert.True(m.Mapping.Name.Span.SequenceEqual(mapping.Name.Span)));
            }

            // Two that overlap and have one name are never in different rows.
            Assert.All(
                from one in joined from other in joined where !ReferenceEquals(one, other) from o in one.Old from n in other.New select (o.Mapping, n.Mapping),
                pair => Assert.False(pair.Item1.Range.Overlaps(pair.Item2.Range) && pair.Item1.Name.Span.SequenceEqual(pair.Item2.Name.Span)));
        },
        iter: 1000,
        threads: 1);

    [Theory]
    [InlineData(PageKind.Anonymous, 0, PageKind.Anonymous, 0, PageChange.Stayed)]
    [InlineData(PageKind.Anonymous, 0, PageKind.Anonymous, 4, PageChange.Stayed)]
    [InlineData(PageKind.Anonymous, 4, PageKind.Anonymous, 9, PageChange.BecameHuge)]
    [InlineData(PageKind.Anonymous, 9, PageKind.Anonymous, 0, PageChange.WasSplit)]
    [InlineData(PageKind.File, 0, PageKind.Anonymous, 0, PageChange.Copied)]
    [InlineData(PageKind.Anonymous, 0, PageKind.File, 0, PageChange.OtherKind)]
    [InlineData(PageKind.Anonymous, 0, PageKind.Ksm, 0, PageChange.Merged)]
    [InlineData(PageKind.Ksm, 0, PageKind.Anonymous, 0, PageChange.Unmerged)]
    [InlineData(PageKind.NotPresent, 0, PageKind.Anonymous, 9, PageChange.CameIn)]
    [InlineData(PageKind.Zero, 0, PageKind.Anonymous, 0, PageChange.CameIn)]
    [InlineData(PageKind.Anonymous, 0, PageKind.Guard, 0, PageChange.LeftRam)]
    [InlineData(PageKind.Anonymous, 0, PageKind.Swapped, 0, PageChange.SwappedOut)]
    [InlineData(PageKind.Swapped, 0, PageKind.Anonymous, 0, PageChange.SwappedIn)]
    [InlineData(PageKind.Swapped, 0, PageKind.Swapped, 0, PageChange.StayedSwapped)]
    [InlineData(PageKind.Swapped, 0, PageKind.NotPresent, 0, PageChange.LeftSwap)]
    [InlineData(PageKind.NotPresent, 0, PageKind.Swapped, 0, PageChange.CameSwapped)]
    [InlineData(PageKind.NotPresent, 0, PageKind.Zero, 0, PageChange.Absent)]
    [InlineData(PageKind.Unknown, 0, PageKind.Anonymous, 0, PageChange.Unknown)]
    [InlineData(PageKind.Anonymous, 0, PageKind.Unknown, 0, PageChange.Unknown)]
    public void A_change_is_told_by_the_two_states(PageKind old, int oldOrder, PageKind now, int newOrder, PageChange change) =>
        Assert.Equal(change, new PageChanges(Shown.Table(), Shown.Table()).Of(new PageState(old, oldOrder), new PageState(now, newOrder)));

    [Fact]
    public void What_one_side_could_not_tell_apart_is_no_change()
    {
        var blind = new PageTable([], 4096, 9, UnknownDetails.MergedPages | UnknownDetails.HugePages);
        var changes = new PageChanges(blind, Shown.Table());
        Assert.False(changes.KnowsHuge || changes.KnowsMerged);
        Assert.Equal(PageChange.Stayed, changes.Of(new PageState(PageKind.Anonymous), new PageState(PageKind.Ksm)));
        Assert.Equal(PageChange.Stayed, changes.Of(new PageState(PageKind.Anonymous), new PageState(PageKind.Anonymous, 9)));
    }

    [Fact]
    public void A_mapping_that_came_or_went_does_so_with_its_pages()
    {
        var changes = new PageChanges(Shown.Table(), Shown.Table());
        Assert.Equal(PageChange.CameIn, changes.Of(null, new PageState(PageKind.File)));
        Assert.Equal(PageChange.LeftRam, changes.Of(new PageState(PageKind.Anonymous), null));
        Assert.Equal(PageChange.LeftSwap, changes.Of(new PageState(PageKind.Swapped), null));
        Assert.Equal(PageChange.Unknown, changes.Of(null, new PageState(PageKind.Unknown)));
    }

    [Fact]
    public void Reserved_memory_that_is_taken_makes_a_mapping_grow()
    {
        Mapping reserved = TestMapping.Of(0x20000, 0x80000) with { Permissions = MappingPermissions.None };
        Mapping left = TestMapping.Of(0x30000, 0x80000) with { Permissions = MappingPermissions.None };
        PageTable old = Shown.Table(At(0x10000, "", Run(PageKind.Anonymous, 16)), Mapping(reserved, Run(PageKind.NotPresent, 96)));
        PageTable now = Shown.Table(At(0x10000, "", Run(PageKind.Anonymous, 32)), Mapping(left, Run(PageKind.NotPresent, 80)));
        IReadOnlyList<MappingChange> joined = MappingJoin.ByAddress(old, now, new PageChanges(old, now));
        Assert.Equal([(0x10000UL, 0x10000UL, 0x20000UL), (0x20000UL, 0x60000UL, 0x50000UL)], joined.Select(m => (m.Range.Start, m.OldBytes, m.NewBytes)));
        Assert.Equal(16UL, joined[0].Pages![(int)PageChange.CameIn]);
    }

    [Theory]
    [InlineData(0x400000, 0x400000, "/usr/bin/server", DiffBasis.Addresses)]
    [InlineData(0x400000, 0x500000, "/usr/bin/server", DiffBasis.OtherRun)]
    [InlineData(0x400000, 0x400000, "/usr/bin/server (deleted)", DiffBasis.Addresses)]
    [InlineData(0x400000, 0x400000, "/usr/bin/other", DiffBasis.OtherProgram)]
    public void What_two_moments_have_in_common_is_told_by_their_code(ulong oldLibrary, ulong newLibrary, string executable, DiffBasis basis)
    {
        // The program itself is where it was: it is not position independent.
        Moment old = DiffScreen.Moment(0, null, Code(0x10000), Code(oldLibrary, "/lib/libc.so.6"), Code(0x700000, "[vdso]"));
        Moment now = DiffScreen.Moment(1, null, Code(0x10000), Code(newLibrary, "/lib/libc.so.6"), Code(newLibrary + 0x300000, "[vdso]"));
        now = now with { Target = Target(1235, executable) };
        Assert.Equal(basis, ProcessDiff.Of(old, now).Basis);
    }

    [Fact]
    public void Pages_of_another_size_are_not_compared_one_by_one()
    {
        Moment old = DiffScreen.Moment(0, null, Code(0x10000));
        Assert.Equal(DiffBasis.OtherMachine, ProcessDiff.Of(old, old with { Target = Target(1) with { PageSize = 16384 } }).Basis);
    }

    private static PageState? StateAt(IReadOnlyList<MappingPages> pieces, ulong address)
    {
        foreach (MappingPages piece in pieces.Where(p => p.Mapping.Range.Contains(address)))
        {
            ulong page = (address - piece.Mapping.Range.Start) / 4096;
            return piece.Runs.Single(r => page >= r.FirstPage && page < r.EndPage).State;
        }

        return null;
    }

    private static PageTable Table((int Gap, int Name, PageState[] States)[] pieces)
    {
        var mappings = new List<MappingPages>();
        ulong at = 0x10000;
        foreach ((int gap, int name, PageState[] states) in pieces)
        {
            at += (ulong)gap * 4096;
            mappings.Add(At(at, name == 0 ? "" : "/x", [.. states.Select(s => (s, 1UL))]));
            at += (ulong)states.Length * 4096;
        }

        return Shown.Table([.. mappings]);
    }
}
