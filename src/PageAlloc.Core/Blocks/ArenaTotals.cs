using PageAlloc.Heaps;
using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>The sums of an arena, by state; bytes are chunk sizes, headers included.</summary>
public sealed class ArenaTotals
{
    private const int States = (int)BlockState.Overhead + 1;
    private const int MaxProblems = 100;
    private readonly ulong[] _blocks = new ulong[States];
    private readonly ulong[] _bytes = new ulong[States];
    private readonly List<Problem> _problems = [];

    /// <summary>Begins with nothing.</summary>
    public ArenaTotals(Arena arena) : this(arena, arena.Problems)
    {
    }

    /// <summary>Begins with what is known to be wrong.</summary>
    internal ArenaTotals(Arena arena, IReadOnlyList<Problem> problems)
    {
        Arena = arena;
        _problems.AddRange(problems);
    }

    /// <summary>The arena.</summary>
    public Arena Arena { get; }

    /// <summary>What is wrong; 100 at most, as one fault makes many.</summary>
    public IReadOnlyList<Problem> Problems => _problems;

    /// <summary>Bytes that were not walked as they are swapped out, among those unknown. That is no damage.</summary>
    public ulong SwappedBytes { get; internal set; }

    /// <summary>The number of blocks in a state.</summary>
    public ulong Blocks(BlockState state) => _blocks[(int)state];

    /// <summary>The bytes in a state.</summary>
    public ulong Bytes(BlockState state) => _bytes[(int)state];

    /// <summary>The arena's own structures, fenceposts, alignment and foreign gaps, in bytes.</summary>
    public ulong OverheadBytes => Bytes(BlockState.Overhead) + Bytes(BlockState.Fencepost);

    /// <summary>What is free between blocks, in bytes: in fastbins and bins, without tcaches and the top.</summary>
    public ulong FreeBytes => Bytes(BlockState.Fast) + Bytes(BlockState.Unsorted) + Bytes(BlockState.Small) + Bytes(BlockState.Large);

    /// <summary>Writes the sums to a snapshot.</summary>
    internal void Write(SectionWriter w)
    {
        for (int state = 0; state < States; state++)
        {
            w.Number(_blocks[state]);
            w.Number(_bytes[state]);
        }

        w.Number(SwappedBytes);
        ProblemList.Write(w, _problems);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    internal static ArenaTotals Read(SectionReader r, Arena arena)
    {
        var totals = new ArenaTotals(arena);
        for (int state = 0; state < States; state++)
        {
            totals._blocks[state] = r.Number();
            totals._bytes[state] = r.Number();
        }

        totals.SwappedBytes = r.Number();
        totals.ReplaceProblems(ProblemList.Read(r));
        return totals;
    }

    internal void Add(in Block block)
    {
        _blocks[(int)block.State]++;
        _bytes[(int)block.State] += block.Size;
    }

    internal void Add(BlockState state, ulong blocks, ulong bytes)
    {
        _blocks[(int)state] += blocks;
        _bytes[(int)state] += bytes;
    }

    /// <summary>Adds what another walk of the same arena saw.</summary>
    internal void Append(ArenaTotals next)
    {
        for (int state = 0; state < States; state++)
        {
            _blocks[state] += next._blocks[state];
            _bytes[state] += next._bytes[state];
        }

        SwappedBytes += next.SwappedBytes;
        foreach (Problem problem in next._problems)
        {
            Add(problem);
        }
    }

    internal void ReplaceProblems(IReadOnlyList<Problem> problems)
    {
        Problem[] kept = [.. problems];
        _problems.Clear();
        _problems.AddRange(kept);
    }

    internal void Add(Problem problem)
    {
        if (_problems.Count < MaxProblems)
        {
            _problems.Add(problem);
        }
    }
}
