using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

internal readonly record struct ShownCount(ulong Blocks, ulong Bytes);

/// <summary>A problem, as the JSON tells it: the text alone, or with the address beside it.</summary>
internal sealed record ShownProblem(string Text);

/// <summary>An arena as the JSON of the program under test tells it.</summary>
internal sealed record ShownArena(
    ulong Address, bool IsMain, ulong SystemBytes, IReadOnlyList<AddressRange> Segments, IReadOnlyDictionary<string, ShownCount> Counts,
    ulong TopBytes, ulong OverheadBytes, ulong UnknownBytes, IReadOnlyList<ShownProblem> Problems)
{
    /// <summary>Sums the blocks of some states, such as <c>small</c>.</summary>
    public ulong Blocks(params string[] states) => states.Aggregate(0UL, (sum, state) => sum + Counts[state].Blocks);

    public ulong Bytes(params string[] states) => states.Aggregate(0UL, (sum, state) => sum + Counts[state].Bytes);
}

/// <summary>The member <c>heaps</c> of <c>pagealloc PID --format json</c>.</summary>
internal sealed record ShownHeaps(
    string? Allocator, string? Version, string? Layout, IReadOnlyList<ShownArena> Arenas, ShownCount Mmapped,
    IReadOnlyList<ShownProblem> Problems, string Text, CommandResult Result)
{
    private static readonly string[] States = ["used", "tcache", "fast", "unsorted", "small", "large"];

    public static ShownHeaps Of(int pid, params string[] options) => Parse(CommandRun.Run([$"{pid}", "--format", "json", .. options]));

    public ulong Sum(Func<ShownArena, ulong> part) => Arenas.Aggregate(0UL, (sum, arena) => sum + part(arena));

    public IEnumerable<ShownProblem> AllProblems => Problems.Concat(Arenas.SelectMany(a => a.Problems));

    /// <summary>What mallinfo2 would have to say.</summary>
    public SortedDictionary<string, ulong> Totals
    {
        get
        {
            string[] binned = ["unsorted", "small", "large"];
            return new SortedDictionary<string, ulong>
            {
                ["arena"] = Sum(a => a.SystemBytes),
                ["ordblks"] = Sum(a => 1 + a.Blocks(binned)),
                ["smblks"] = Sum(a => a.Blocks("fast")),
                ["fsmblks"] = Sum(a => a.Bytes("fast")),
                ["hblks"] = Mmapped.Blocks,
                ["hblkhd"] = Mmapped.Bytes,
                ["fordblks"] = Sum(a => a.Bytes(["fast", .. binned]) + a.TopBytes),
                ["uordblks"] = Sum(a => a.Bytes("used", "tcache") + a.OverheadBytes),
                ["keepcost"] = Sum(a => a.IsMain ? a.TopBytes : 0),
            };
        }
    }

    public static ShownHeaps Parse(CommandResult result)
    {
        Assert.True(result.ExitCode is 0 or 4, result.ToString());
        using JsonDocument document = JsonDocument.Parse(result.Output);
        Assert.True(document.RootElement.TryGetProperty("heaps", out JsonElement heaps), $"no member heaps: {result}");
        return new ShownHeaps(
            heaps.GetProperty("allocator").GetString(),
            heaps.GetProperty("version").GetString(),
            heaps.TryGetProperty("layout", out JsonElement layout) ? layout.GetString() : null,
            [.. heaps.GetProperty("arenas").EnumerateArray().Select(Arena)],
            heaps.TryGetProperty("mmapped", out JsonElement mmapped) ? Count(mmapped) : default,
            ProblemsOf(heaps),
            heaps.GetRawText(),
            result);
    }

    private static ShownArena Arena(JsonElement a) => new(
        Address(a, "address"),
        a.GetProperty("main").GetBoolean(),
        a.GetProperty("systemBytes").GetUInt64(),
        [.. a.GetProperty("segments").EnumerateArray().Select(s => new AddressRange(Address(s, "start"), Address(s, "end")))],
        States.ToDictionary(state => state, state => Count(a.GetProperty(state))),
        a.GetProperty("top").GetProperty("bytes").GetUInt64(),
        a.GetProperty("overheadBytes").GetUInt64(),
        a.GetProperty("unknownBytes").GetUInt64(),
        ProblemsOf(a));

    private static ShownCount Count(JsonElement count) =>
        new(count.GetProperty("blocks").GetUInt64(), count.GetProperty("bytes").GetUInt64());

    private static List<ShownProblem> ProblemsOf(JsonElement element) =>
        element.TryGetProperty("problems", out JsonElement problems)
            ? [.. problems.EnumerateArray().Select(p => new ShownProblem(p.GetRawText()))]
            : [];

    private static ulong Address(JsonElement element, string name) =>
        ulong.Parse(element.GetProperty(name).GetString().AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
