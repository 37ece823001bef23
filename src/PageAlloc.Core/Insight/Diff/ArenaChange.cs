using PageAlloc.Blocks;

namespace PageAlloc.Insight.Diff;

/// <summary>An arena at two moments, joined by address; or where addresses mean nothing, arenas of a kind.</summary>
/// <param name="Old">Its sums before; none when it came.</param>
/// <param name="New">Its sums now; none when it went.</param>
public sealed record ArenaChange(IReadOnlyList<ArenaTotals> Old, IReadOnlyList<ArenaTotals> New)
{
    /// <summary>The arena as it is, or was.</summary>
    public ArenaTotals Last => New.Count != 0 ? New[0] : Old[0];

    /// <summary>Whether any of its sums changed.</summary>
    public bool IsChanged =>
        Old.Count != New.Count || Differs(a => a.Arena.State.SystemBytes) || Enum.GetValues<BlockState>().Any(state => Differs(a => a.Bytes(state)) || Differs(a => a.Blocks(state)));

    /// <summary>The sum of a figure before.</summary>
    public ulong Before(Func<ArenaTotals, ulong> of) => Sum(Old, of);

    /// <summary>The sum of a figure now.</summary>
    public ulong Now(Func<ArenaTotals, ulong> of) => Sum(New, of);

    internal static IReadOnlyList<ArenaChange> ByAddress(WalkRecording old, WalkRecording now) =>
        Join(old, now, arena => $"{arena.Arena.Address:x}");

    /// <summary>Main arenas by their libc, those of threads together.</summary>
    internal static IReadOnlyList<ArenaChange> ByKind(WalkRecording old, WalkRecording now) =>
        Join(old, now, arena => arena.Arena.IsMain ? ByteText.ToText(arena.Arena.Library.Span) : "");

    private static ArenaChange[] Join(WalkRecording old, WalkRecording now, Func<ArenaTotals, string> key)
    {
        ILookup<string, ArenaTotals> before = old.Totals.ToLookup(key, StringComparer.Ordinal);
        ILookup<string, ArenaTotals> after = now.Totals.ToLookup(key, StringComparer.Ordinal);
        IEnumerable<string> keys = after.Select(g => g.Key).Concat(before.Select(g => g.Key)).Distinct(StringComparer.Ordinal);
        return [.. keys.Select(k => new ArenaChange([.. before[k]], [.. after[k]]))];
    }

    private bool Differs(Func<ArenaTotals, ulong> of) => Before(of) != Now(of);

    private static ulong Sum(IReadOnlyList<ArenaTotals> arenas, Func<ArenaTotals, ulong> of) => arenas.Aggregate(0UL, (sum, arena) => sum + of(arena));
}
