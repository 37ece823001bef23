using PageAlloc.Pages;

namespace PageAlloc.Views;

/// <summary>
/// The pixels of a mapping, as runs, with several pages in each. A pixel shows the commonest state of its pages that is
/// not "not present", so that a single page touched in a terabyte is still seen.
/// </summary>
internal static class PixelRuns
{
    /// <summary>The runs of pixels; neighbours may have the same state.</summary>
    /// <param name="runs">The pages.</param>
    /// <param name="cells">What each <see cref="PageState.Code"/> shows.</param>
    /// <param name="scale">Pages in a pixel, at least 1. The last pixel may have fewer.</param>
    public static IEnumerable<(CellState State, ulong Pixels)> Of(PageRuns runs, CellState[] cells, ulong scale) =>
        Of(runs.Select(run => (cells[run.State.Code], run.Count)), scale);

    /// <summary>The runs of pixels; neighbours may have the same state.</summary>
    /// <param name="runs">The pages.</param>
    /// <param name="scale">Pages in a pixel, at least 1. The last pixel may have fewer.</param>
    public static IEnumerable<(CellState State, ulong Pixels)> Of(IEnumerable<(CellState State, ulong Pages)> runs, ulong scale)
    {
        var tally = new ulong[CellStates.Count];
        ulong tallied = 0;
        foreach ((CellState state, ulong pages) in runs)
        {
            ulong left = pages;
            if (tallied != 0)
            {
                ulong taken = Math.Min(left, scale - tallied);
                tally[(int)state] += taken;
                tallied += taken;
                left -= taken;
                if (tallied < scale)
                {
                    continue;
                }

                yield return (Winner(tally), 1);
                tallied = 0;
            }

            if (left >= scale)
            {
                yield return (state, left / scale);
            }

            tallied = left % scale;
            tally[(int)state] = tallied;
        }

        if (tallied != 0)
        {
            yield return (Winner(tally), 1);
        }
    }

    private static CellState Winner(ulong[] tally)
    {
        CellState winner = tally[(int)CellState.ArenaTopAbsent] != 0 ? CellState.ArenaTopAbsent : CellState.NotPresent;
        ulong most = 0;
        for (int i = 0; i < tally.Length; i++)
        {
            if (tally[i] > most && (CellState)i is not (CellState.NotPresent or CellState.ArenaTopAbsent))
            {
                winner = (CellState)i;
                most = tally[i];
            }
        }

        Array.Clear(tally);
        return winner;
    }
}
