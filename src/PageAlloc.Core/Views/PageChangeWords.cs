using PageAlloc.Insight.Diff;

namespace PageAlloc.Views;

/// <summary>What became of pages, in words.</summary>
internal static class PageChangeWords
{
    /// <summary>What pages did: <c>came into RAM</c>.</summary>
    public static string Of(PageChange change) => change switch
    {
        PageChange.Absent => "not in RAM, before and now",
        PageChange.Stayed => "stayed in RAM",
        PageChange.StayedSwapped => "stayed swapped out",
        PageChange.CameIn => "came into RAM",
        PageChange.LeftRam => "left RAM",
        PageChange.SwappedOut => "were swapped out",
        PageChange.SwappedIn => "were swapped in",
        PageChange.CameSwapped => "came straight into swap",
        PageChange.LeftSwap => "left swap",
        PageChange.BecameHuge => "became huge",
        PageChange.WasSplit => "were split from huge pages",
        PageChange.Copied => "were copied as they were written",
        PageChange.Merged => "were merged by KSM",
        PageChange.Unmerged => "are no longer merged by KSM",
        PageChange.OtherKind => "are of another kind",
        _ => "are not known before or now",
    };

    /// <summary>The member of JSON.</summary>
    public static string Member(PageChange change) => change switch
    {
        PageChange.LeftRam => "left",
        PageChange.WasSplit => "split",
        _ => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(change.ToString()),
    };

    /// <summary>The changes of a mapping, those of most pages first; empty when there is none.</summary>
    public static string Of(MappingChange mapping) => string.Join(", ", Listed(mapping)
        .Where(change => mapping.Pages![(int)change] != 0)
        .OrderByDescending(change => mapping.Pages![(int)change])
        .Select(change => $"{TextSink.Pages(mapping.Pages![(int)change])} {Singular(mapping.Pages[(int)change], Of(change))}"));

    // Pages of which nothing is known are told where something else is known of the mapping, or was.
    private static IEnumerable<PageChange> Listed(MappingChange mapping) =>
        mapping.Pages is null ? [] : Enum.GetValues<PageChange>().Where(c => c >= PageChange.CameIn || c == PageChange.Unknown);

    private static string Singular(ulong pages, string words) =>
        pages != 1 ? words
        : words.StartsWith("were ", StringComparison.Ordinal) ? string.Concat("was ", words.AsSpan(5))
        : words.StartsWith("are ", StringComparison.Ordinal) ? string.Concat("is ", words.AsSpan(4))
        : words;
}
