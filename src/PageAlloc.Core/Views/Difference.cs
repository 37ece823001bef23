namespace PageAlloc.Views;

/// <summary>Differences in words: with a sign, <c>0</c> where nothing changed, <c>?</c> where a side is not known.</summary>
internal static class Difference
{
    /// <summary>What stands for a number that is not known.</summary>
    public const string Unknown = "?";

    /// <summary>A size: <c>1.5 MiB</c>, <c>0</c>, <c>?</c>.</summary>
    public static string Size(ulong? bytes) => bytes switch { null => Unknown, 0 => "0", { } known => TextSink.Size(known) };

    /// <summary>A count: <c>1,024</c>, <c>?</c>.</summary>
    public static string Count(ulong? count) => count is { } known ? TextSink.Count(known) : Unknown;

    /// <summary>How a size changed: <c>+1.5 MiB</c>.</summary>
    public static string OfSizes(ulong? old, ulong? now) => Signed(old, now, TextSink.Size);

    /// <summary>How a size changed, in few characters: <c>+1.5M</c>.</summary>
    public static string OfShortSizes(ulong old, ulong now) => Signed(old, now, HeapTableView.Size);

    /// <summary>How a count changed: <c>-1,024</c>.</summary>
    public static string OfCounts(ulong? old, ulong? now) => Signed(old, now, TextSink.Count);

    private static string Signed(ulong? old, ulong? now, Func<ulong, string> text) => (old, now) switch
    {
        ({ } was, { } here) when here > was => "+" + text(here - was),
        ({ } was, { } here) when here < was => "-" + text(was - here),
        (not null, not null) => "0",
        _ => Unknown,
    };
}
