using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>How far the walk of an arena has come: its segments may be walked between those of others.</summary>
/// <param name="arena">The arena.</param>
/// <param name="continues">Whether another walk began it: then its bins' heads and its problems are counted there.</param>
internal sealed class ArenaProgress(Arena arena, bool continues = false)
{

    private ulong _covered;

    /// <summary>The arena.</summary>
    public Arena Arena { get; } = arena;

    /// <summary>What it holds, as far as was walked.</summary>
    public ArenaTotals Totals { get; } = new(arena, continues ? [] : arena.Problems);

    /// <summary>The links of its bins, as far as was walked. A field, as it changes in place.</summary>
    public BinLinks Links = continues ? default : new(arena.State);

    /// <summary>Whether some of it could not be walked: then the links need not agree, and the lists may hold what was not seen.</summary>
    public bool SawUnknown { get; set; }

    /// <summary>A part of a segment was walked.</summary>
    public void Cover(SegmentPart part) => _covered += part.Length;

    /// <summary>Another walk went on from here.</summary>
    public void Append(ArenaProgress next)
    {
        Totals.Append(next.Totals);
        Links.Append(next.Links);
        SawUnknown |= next.SawUnknown;
        _covered += next._covered;
    }

    /// <summary>All segments that were found have been walked.</summary>
    public ArenaTotals End()
    {
        // Segments that were not found are unknown too: the sums stay those of the arena.
        if (_covered < Arena.State.SystemBytes)
        {
            ulong missing = Arena.State.SystemBytes - _covered;
            Totals.Add(new Block(0, missing, BlockState.Unknown));
            bool isSwapped = Arena.Problems.Count != 0 && Arena.Problems.All(p => p.Kind == ProblemKind.Swapped);
            Totals.SwappedBytes += isSwapped ? missing : 0;
            SawUnknown = true;
        }

        if (!SawUnknown && !Links.Agree && !Arena.State.IsUnused)
        {
            Totals.Add(new Problem(
                ProblemKind.BrokenBins, Arena.Address, Arena.Address, "the forward and the backward links of the free chunks do not agree"));
        }

        return Totals;
    }
}
