namespace PageAlloc.Views;

/// <summary>How many colours the reader of a text has.</summary>
public enum ColorDepth
{
    /// <summary>None: states are letters.</summary>
    None = 0,

    /// <summary>16.</summary>
    Sixteen,

    /// <summary>256.</summary>
    Indexed,

    /// <summary>All.</summary>
    TrueColor,
}

/// <summary>What the reader of a text can show.</summary>
/// <param name="Colors">The colours.</param>
/// <param name="Unicode">Whether half blocks can be shown: two pixels in a character, else one.</param>
public readonly record struct TextStyle(ColorDepth Colors, bool Unicode)
{
    /// <summary>Rows of pixels in a line of text: two where the upper and lower half of a character differ in colour.</summary>
    public int PixelRows => Colors != ColorDepth.None && Unicode ? 2 : 1;
}
