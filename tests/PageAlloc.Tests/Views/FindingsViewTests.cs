using PageAlloc.Insight.Findings;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>Findings as they are read: folded between words, the first of many.</summary>
public sealed class FindingsViewTests
{
    private static readonly Finding s_gain = new(
        "trimmable", FindingSeverity.Warning, 1UL << 30,
        "1.0 GiB (50 % of what is in RAM) are free", "call malloc_trim(0) after peaks");

    private static readonly Finding s_small = new("pinned", FindingSeverity.Notice, 2UL << 20, "2.0 MiB are pinned", "set nothing");

    private static readonly Finding s_info = new("nothingToGain", FindingSeverity.Info, 0, "nothing to gain", "look elsewhere");

    [Fact]
    public void Each_has_a_mark_its_text_and_an_arrow_with_the_advice() => Assert.Equal(
        """

          !! 1.0 GiB (50 % of what
             is in RAM) are free
             → call malloc_trim(0)
               after peaks

          !  2.0 MiB are pinned
             → set nothing

          .  nothing to gain
             → look elsewhere

        """,
        Text(output => FindingsView.Write([s_gain, s_small, s_info], 26, 1000, output)));

    [Fact]
    public void A_word_that_is_longer_than_a_line_has_one_of_its_own() => Assert.Equal(
        """

          .  set
             GLIBC_TUNABLES=glibc.malloc.arena_max=2
             now
             → x

        """,
        Text(output => FindingsView.Write([s_info with { Text = "set GLIBC_TUNABLES=glibc.malloc.arena_max=2 now", Advice = "x" }], 20, 1000, output)));

    [Fact]
    public void Of_many_those_are_shown_that_there_is_room_for()
    {
        string text = Text(output => FindingsView.Write([.. Enumerable.Repeat(s_small, 7)], 80, 18, output));
        Assert.Equal(16, text.Count(c => c == '\n'));
        Assert.EndsWith(
            """
              !  2.0 MiB are pinned
                 → set nothing
              and 2 findings more: --format json has all

            """,
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void One_is_shown_even_without_room() =>
        Assert.Equal(4, Text(output => FindingsView.Write([s_small, s_info], 80, 0, output)).Count(c => c == '\n'));

    [Fact]
    public void Nothing_is_written_of_nothing() => Assert.Equal("", Text(output => FindingsView.Write([], 80, 1000, output)));
}
