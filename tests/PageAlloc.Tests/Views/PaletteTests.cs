using PageAlloc.Views;

namespace PageAlloc.Tests.Views;

/// <summary>Every state is told from every other: by letter, by colour, and by all eyes.</summary>
public sealed class PaletteTests
{
    private const double LeastDistance = 15;

    // What the original of 2017 lacked.
    private static readonly CellState[] Added =
    [
        CellState.Zero, CellState.Ksm, CellState.Guard, CellState.AnonymousLarge, CellState.FileLarge,
        CellState.SharedMemory, CellState.SharedMemoryLarge, CellState.SharedMemoryHuge, CellState.Dumped, CellState.DumpedZeros,
    ];

    private static readonly CellState[] Coloured = [.. Enum.GetValues<CellState>().Except([CellState.None, CellState.Unknown])];

    public static TheoryData<CellState, string> AddedAndKinds =>
        new(from state in Added from kind in ColorVision.Kinds select (state, kind));

    [Theory]
    [MemberData(nameof(AddedAndKinds))]
    internal void An_added_colour_differs_from_all_others(CellState state, string vision)
    {
        string[] alike =
        [
            .. from other in Coloured
               where other != state
               let distance = ColorVision.Distance(Palette.Of(state).Rgb, Palette.Of(other).Rgb, vision)
               where distance < LeastDistance
               select $"{other}: {distance:F1}",
        ];
        Assert.Empty(alike);
    }

    // DESIGN.md section 2; those of the original.
    [Theory]
    [InlineData(CellState.Swapped, 1)]
    [InlineData(CellState.Anonymous, 2)]
    [InlineData(CellState.File, 3)]
    [InlineData(CellState.AnonymousHuge, 6)]
    [InlineData(CellState.AnonymousGigantic, 8)]
    [InlineData(CellState.FileHuge, 12)]
    [InlineData(CellState.FileGigantic, 13)]
    [InlineData(CellState.NotPresent, 236)]
    [InlineData(CellState.Unknown, -1)]
    internal void The_colours_of_the_original_are_kept(CellState state, int index) => Assert.Equal(index, Palette.Of(state).Index256);

    [Fact]
    public void No_two_states_have_a_colour_of_256_in_common() => AssertUnique(Coloured.Select(s => Palette.Of(s).Index256));

    [Fact]
    public void No_added_state_has_a_colour_that_heaps_use() =>
        Assert.DoesNotContain(Added.Select(s => Palette.Of(s).Index256), index => index is 4 or 5 or 236 or (>= 241 and <= 248));

    [Fact]
    public void No_two_states_have_a_letter_in_common() =>
        AssertUnique(Enum.GetValues<CellState>().Select(s => (int)Palette.Of(s).Letter));

    [Fact]
    public void Letters_are_printable_and_only_nothing_is_blank()
    {
        Assert.Equal(' ', Palette.Of(CellState.None).Letter);
        Assert.All(Enum.GetValues<CellState>().Except([CellState.None]), s => Assert.InRange(Palette.Of(s).Letter, '!', '~'));
    }

    // 16 to 231 are a cube of 6 levels, 232 to 255 grays; below, the terminal's theme decides.
    [Fact]
    public void Colours_are_the_same_with_256_and_with_all()
    {
        int[] levels = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff];
        foreach (Look look in Coloured.Select(Palette.Of).Where(l => l.Index256 >= 16))
        {
            int i = look.Index256 - 16, gray = 8 + (10 * (look.Index256 - 232));
            int rgb = look.Index256 >= 232
                ? (gray << 16) | (gray << 8) | gray
                : (levels[i / 36] << 16) | (levels[i / 6 % 6] << 8) | levels[i % 6];
            Assert.Equal($"{look.Index256}: {rgb:x6}", $"{look.Index256}: {look.Rgb:x6}");
        }
    }

    [Theory]
    [InlineData(0x000000, 0, 0, 0)]
    [InlineData(0xffffff, 100, 0, 0)]
    [InlineData(0xff0000, 53.24, 80.09, 67.20)]
    [InlineData(0x00ff00, 87.73, -86.18, 83.18)]
    [InlineData(0x0000ff, 32.30, 79.19, -107.86)]
    public void Distances_are_measured_in_Lab(int rgb, double l, double a, double b)
    {
        double[] lab = ColorVision.Lab(rgb, "all cones");
        Assert.Equal(l, lab[0], 0.05);
        Assert.Equal(a, lab[1], 0.05);
        Assert.Equal(b, lab[2], 0.05);
    }

    // Gray is gray to everyone, and what each kind can't tell apart is close.
    [Theory]
    [InlineData("protanopia", 0x808080, 0x808080, 0, 1)]
    [InlineData("deuteranopia", 0x808080, 0x000000, 50, 60)]
    [InlineData("all cones", 0xb00000, 0x006000, 80, 200)]
    [InlineData("deuteranopia", 0xb00000, 0x006000, 0, 40)]
    [InlineData("tritanopia", 0xb00000, 0x006000, 60, 200)]
    public void Missing_cones_bring_colours_together(string vision, int rgb1, int rgb2, double least, double most) =>
        Assert.InRange(ColorVision.Distance(rgb1, rgb2, vision), least, most);

    private static void AssertUnique(IEnumerable<int> values) =>
        Assert.Empty(values.GroupBy(v => v).Where(g => g.Count() > 1).Select(g => g.Key));
}
