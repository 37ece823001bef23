namespace PageAlloc.Views;

/// <summary>How the map is drawn.</summary>
public sealed record MapOptions
{
    /// <summary>What the reader can show.</summary>
    public TextStyle Style { get; init; }

    /// <summary>Characters in a row.</summary>
    public int Width { get; init; } = 80;

    /// <summary>Pages in a pixel; null to fit each mapping into a few lines.</summary>
    public ulong? Scale { get; init; } = 1;

    /// <summary>Whether long uniform stretches become one line that says how much.</summary>
    public bool Fold { get; init; } = true;

    /// <summary>Whether each mapping ends with a line of its totals.</summary>
    public bool Totals { get; init; }

    /// <summary>Whether the legend has every state, not only those that occur.</summary>
    public bool WholeLegend { get; init; }
}
