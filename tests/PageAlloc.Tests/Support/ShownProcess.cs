using System.Globalization;
using System.Text.Json;

namespace PageAlloc.Tests.Support;

/// <summary>A mapping as the JSON of the program under test tells it.</summary>
internal sealed record ShownMapping(
    ulong Start, ulong End, string Permissions, ulong Offset, string Device, ulong Inode, string Name,
    ulong Total, IReadOnlyDictionary<string, ulong> Counts, ulong SwappedSharedBytes, ulong? HugetlbPageSize,
    IReadOnlyList<StateRun> Runs)
{
    /// <summary>Pages of a state: <c>swapped</c>, <c>anonymous</c> (all sizes) or <c>anonymous2M</c>.</summary>
    public ulong Pages(string state) =>
        Counts.Where(c => IsSizeOf(c.Key, state)).Aggregate(0UL, (sum, c) => sum + c.Value);

    public override string ToString() => $"{Start:x}-{End:x} {Permissions} {Name}";

    private static bool IsSizeOf(string key, string state) =>
        key == state || (key.StartsWith(state, StringComparison.Ordinal) && char.IsAsciiDigit(key[state.Length]));
}

/// <summary>What <c>pagealloc PID --format json --runs</c> says.</summary>
internal sealed class ShownProcess
{
    private ShownProcess(int pid, IReadOnlySet<string> notKnown, IReadOnlyList<ShownMapping> mappings, string text)
    {
        Pid = pid;
        NotKnown = notKnown;
        Mappings = mappings;
        MappingsText = text;
    }

    public int Pid { get; }

    /// <summary>What the program says that it could not find out.</summary>
    public IReadOnlySet<string> NotKnown { get; }

    public IReadOnlyList<ShownMapping> Mappings { get; }

    /// <summary>The member <c>mappings</c> as it was written.</summary>
    public string MappingsText { get; }

    public static ShownProcess Of(int pid, int? user = null, IReadOnlyDictionary<string, string>? environment = null) =>
        Parse(CommandRun.Run([$"{pid}", "--format", "json", "--runs", "--show", "pages"], user, environment));

    public static ShownProcess Parse(CommandResult result)
    {
        Assert.True(result.ExitCode == 0, result.ToString());
        using JsonDocument document = JsonDocument.Parse(result.Output);
        JsonElement root = document.RootElement;
        Assert.Equal("pagealloc/1", root.GetProperty("schema").GetString());
        JsonElement mappings = root.GetProperty("mappings");
        return new ShownProcess(
            root.GetProperty("target").GetProperty("pid").GetInt32(),
            root.TryGetProperty("notKnown", out JsonElement notKnown)
                ? notKnown.EnumerateArray().Select(word => word.GetString()!).ToHashSet()
                : [],
            mappings.EnumerateArray().Select(Mapping).ToList(),
            mappings.GetRawText());
    }

    /// <summary>The runs of a range, which may go over several mappings; neighbours of one state are one run.</summary>
    public IReadOnlyList<StateRun> RunsOf(ulong start, ulong end, Func<string, string> rename)
    {
        var result = new List<StateRun>();
        ulong next = start;
        foreach (ShownMapping mapping in Mappings.Where(m => m.Start < end && m.End > start))
        {
            Assert.True(mapping.Start <= next, $"nothing is shown from 0x{next:x} to 0x{mapping.Start:x}");
            ulong at = mapping.Start;
            foreach (StateRun run in mapping.Runs)
            {
                ulong runEnd = at + (run.Pages * (ulong)Environment.SystemPageSize);
                ulong from = Math.Max(at, start), to = Math.Min(runEnd, end);
                if (from < to)
                {
                    Append(result, rename(run.State), (to - from) / (ulong)Environment.SystemPageSize);
                }

                at = runEnd;
            }

            Assert.Equal(mapping.End, at);
            next = mapping.End;
        }

        Assert.True(next >= end, $"nothing is shown from 0x{next:x} to 0x{end:x}");
        return result;
    }

    private static void Append(List<StateRun> runs, string state, ulong pages)
    {
        if (runs.Count > 0 && runs[^1].State == state)
        {
            runs[^1] = new StateRun(state, runs[^1].Pages + pages);
        }
        else
        {
            runs.Add(new StateRun(state, pages));
        }
    }

    private static ShownMapping Mapping(JsonElement m) => new(
        Address(m, "start"), Address(m, "end"), Text(m, "permissions"), Address(m, "offset"), Text(m, "device"),
        m.GetProperty("inode").GetUInt64(), Text(m, "name"),
        m.GetProperty("pages").GetProperty("total").GetUInt64(),
        Counts(m.GetProperty("pages")),
        Optional(m, "swappedSharedBytes") ?? 0,
        Optional(m, "hugetlbPageSize"),
        m.GetProperty("runs").EnumerateArray().Select(Run).ToList());

    // "anonymous": {"4K": 1} becomes anonymous4K; what is no number is none of the states.
    private static Dictionary<string, ulong> Counts(JsonElement pages)
    {
        var counts = new Dictionary<string, ulong>();
        foreach (JsonProperty member in pages.EnumerateObject().Where(p => p.Name != "total"))
        {
            if (member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty size in member.Value.EnumerateObject())
                {
                    counts.Add(member.Name + size.Name, size.Value.GetUInt64());
                }
            }
            else
            {
                counts.Add(member.Name, member.Value.GetUInt64());
            }
        }

        return counts;
    }

    private static StateRun Run(JsonElement run) =>
        new(run[0].GetString()!.Replace(" ", "", StringComparison.Ordinal), run[1].GetUInt64());

    private static string Text(JsonElement m, string name) => m.GetProperty(name).GetString()!;

    private static ulong? Optional(JsonElement m, string name) =>
        m.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? value.GetUInt64()
            : null;

    private static ulong Address(JsonElement m, string name)
    {
        string text = Text(m, name);
        Assert.StartsWith("0x", text, StringComparison.Ordinal);
        return ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
