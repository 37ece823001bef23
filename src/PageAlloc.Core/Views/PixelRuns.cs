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
    public static IEnumerable<(CellState State, ulong Pixels)> Of(IEnumerable<(CellState State, ulong Pages)> runs, ulong scale) =>
        Of(runs.Select(run => ((byte)run.State, run.Pages)), scale, CellStates.Count, [(byte)CellState.ArenaTopAbsent, (byte)CellState.NotPresent])
            .Select(run => ((CellState)run.Pixel, run.Pixels));

    /// <summary>The runs of pixels; neighbours may be equal.</summary>
    /// <param name="runs">The pages, each by the pixel that it would make alone.</param>
    /// <param name="scale">Pages in a pixel, at least 1. The last pixel may have fewer.</param>
    /// <param name="pixels">How many kinds of pixel there are.</param>
    /// <param name="behind">Kinds that a pixel shows only when it has no other; of several the first.</param>
    public static IEnumerable<(byte Pixel, ulong Pixels)> Of(IEnumerable<(byte Pixel, ulong Pages)> runs, ulong scale, int pixels, byte[] behind)
    {
        var tally = new ulong[pixels];
        ulong tallied = 0;
        foreach ((byte pixel, ulong pages) in runs)
        {
            ulong left = pages;
            if (tallied != 0)
            {
                ulong taken = Math.Min(left, scale - tallied);
                tally[pixel] += taken;
                tallied += taken;
                left -= taken;
                if (tallied < scale)
                {
                    continue;
                }

                yield return (Winner(tally, behind), 1);
                tallied = 0;
            }

            if (left >= scale)
            {
                yield return (pixel, left / scale);
            }

            tallied = left % scale;
            tally[pixel] = tallied;
        }

        if (tallied != 0)
        {
            yield return (Winner(tally, behind), 1);
        }
    }

    private static byte Winner(ulong[] tally, byte[] behind)
    {
        byte winner = Array.Find(behind, pixel => tally[pixel] != 0);
        ulong most = 0;
        for (int i = 0; i < tally.Length; i++)
        {
            if (tally[i] > most && !behind.AsSpan().Contains((byte)i))
            {
                winner = (byte)i;
                most = tally[i];
            }
        }

        Array.Clear(tally);
        return winner;
    }
}
