using PageAlloc.Blocks;
using PageAlloc.Insight.Diff;
using PageAlloc.Pages;
using PageAlloc.Tests.Views;
using static PageAlloc.Tests.Insight.Diff.DiffScreen;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Insight.Diff;

/// <summary>Series of moments that are made up.</summary>
public sealed class GrowthReaderTests
{
    [Theory]
    [InlineData(0, DiffBasis.Addresses, "0x7f0000000c60")]
    [InlineData(0x100000, DiffBasis.OtherRun, "main")]
    public void Arenas_are_followed_over_all_moments(ulong apart, DiffBasis basis, string name)
    {
        var reader = new GrowthReader();
        for (ulong i = 0; i < 3; i++)
        {
            HeapSketch heap = new HeapSketch(0x100000).Add(BlockState.Used, 4096, 300 + (int)i).Add(BlockState.Top, 4096);
            reader.Add(DiffScreen.Moment(i, heap, Code(0x10000000 + (i * apart)), At(0x100000, "[heap]", Run(PageKind.Anonymous, 310))));
        }

        Growth growth = reader.Finish();
        Assert.Equal(basis, growth.Basis);
        GrowthSeries arena = Assert.Single(growth.Series, s => s.Kind == GrowthKind.Arena);
        Assert.Equal((name, 300UL, 302UL), (arena.Name, arena.Blocks![0], arena.Blocks[^1]));
        Assert.Empty(growth.Steady);
    }
}
