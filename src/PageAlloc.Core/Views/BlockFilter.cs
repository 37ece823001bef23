using PageAlloc.Blocks;

namespace PageAlloc.Views;

/// <summary>Which blocks are listed.</summary>
public sealed record BlockFilter
{
    private static readonly BlockState[] s_states =
    [
        BlockState.Used, BlockState.Tcache, BlockState.Fast, BlockState.Unsorted, BlockState.Small, BlockState.Large,
        BlockState.Top, BlockState.Mmapped, BlockState.Fencepost, BlockState.Unknown,
    ];

    private readonly uint _states = uint.MaxValue;

    /// <summary>The states listed, in any order; all of them when not set.</summary>
    public IEnumerable<BlockState> States
    {
        init => _states = value.Aggregate(0U, (all, state) => all | (1U << (int)state));
    }

    /// <summary>Chunks below this size are left out; in bytes, header included.</summary>
    public ulong MinimumSize { get; init; }

    /// <summary>Only blocks of the arena with this address; null for all, and for blocks that are mappings of their own.</summary>
    public ulong? Arena { get; init; }

    /// <summary>The names of the states that a block can have, as they are listed.</summary>
    public static IReadOnlyList<string> StateNames { get; } = [.. s_states.Select(NameOf)];

    /// <summary>The state with that name; null when there is none.</summary>
    public static BlockState? StateOf(string name)
    {
        int index = Array.FindIndex(s_states, state => NameOf(state) == name);
        return index < 0 ? null : s_states[index];
    }

    /// <summary>The name of a state: <c>used</c>, <c>tcache</c>.</summary>
    internal static string NameOf(BlockState state) => state.ToString().ToLowerInvariant();

    /// <summary>Whether a block is listed. Overhead is no block.</summary>
    internal bool Wants(BlockState state, ulong size) =>
        size >= MinimumSize && state != BlockState.Overhead && (_states & (1U << (int)state)) != 0;
}
