using PageAlloc.Insight.Diff;
using PageAlloc.Views;

namespace PageAlloc.Tests.Views;

/// <summary>Every change is told from every other: by letter, by colour, and by all eyes.</summary>
public sealed class DiffPaletteTests
{
    private const double LeastDistance = 15;

    private static readonly PageChange[] s_coloured = [.. Enum.GetValues<PageChange>().Except([PageChange.Unknown])];

    public static TheoryData<string> Kinds => [.. ColorVision.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Colours_differ(string vision) => Assert.Empty(
        from one in s_coloured
        from other in s_coloured
        where one < other
        let distance = ColorVision.Distance(DiffPalette.Of(one).Rgb, DiffPalette.Of(other).Rgb, vision)
        where distance < LeastDistance
        select $"{one} and {other}: {distance:F1}");

    [Fact]
    public void Letters_and_colours_of_256_and_of_16_differ()
    {
        Assert.Distinct(Enum.GetValues<PageChange>().Select(c => DiffPalette.Of(c).Letter));
        Assert.Distinct(s_coloured.Select(c => DiffPalette.Of(c).Index256));
        Assert.Distinct(s_coloured.Select(c => DiffPalette.Of(c).Index16));
    }

    [Fact]
    public void Colours_are_the_same_with_256_and_with_all()
    {
        int[] levels = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff];
        foreach (Look look in s_coloured.Select(DiffPalette.Of))
        {
            int i = look.Index256 - 16, gray = 8 + (10 * (look.Index256 - 232));
            int rgb = look.Index256 >= 232
                ? (gray << 16) | (gray << 8) | gray
                : (levels[i / 36] << 16) | (levels[i / 6 % 6] << 8) | levels[i % 6];
            Assert.Equal($"{look.Index256}: {rgb:x6}", $"{look.Index256}: {look.Rgb:x6}");
        }
    }
}
