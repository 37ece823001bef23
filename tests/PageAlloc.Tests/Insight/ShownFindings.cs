using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Insight;

/// <summary>A finding as the JSON has it.</summary>
internal sealed record ShownFinding(string Id, string Severity, ulong Bytes, string Text, string Advice);

/// <summary>What is found in a heap program that stands still, and what the kernel and the program itself say of it.</summary>
internal sealed class ShownFindings : IDisposable
{
    private readonly HeapProgram _program;

    private ShownFindings(HeapProgram program, IReadOnlyList<ShownFinding> all, ulong privateBytes)
    {
        (_program, All, PrivateBytes) = (program, all, privateBytes);
    }

    public IReadOnlyList<ShownFinding> All { get; }

    /// <summary>Anonymous of smaps: Rss without the pages of libraries, of which each start touches others.</summary>
    public ulong PrivateBytes { get; }

    public HeapProgram Program => _program;

    /// <summary>Starts a situation, such as <c>findTops 4 grown</c>, with a variable of its environment, and looks at it.</summary>
    public static ShownFindings Of(string situation, string? setting = null)
    {
        string[] parts = setting?.Split('=', 2) ?? [];
        HeapProgram program = HeapProgram.Start(
            TargetProgram.PathOf("heap"), situation.Split(' '), setting is null ? null : new Dictionary<string, string> { [parts[0]] = parts[1] });
        return new ShownFindings(program, Look(program.Pid), Smaps.Read(program.Pid).Sum("Anonymous"));
    }

    /// <summary>The findings of a process, which are in order and do not contradict each other.</summary>
    public static IReadOnlyList<ShownFinding> Look(int pid, int exitCode = 0)
    {
        CommandResult result = CommandRun.Run($"{pid}", "--format", "json");
        Assert.True(result.ExitCode == exitCode, result.ToString());
        ShownFinding[] all =
        [
            .. JsonDocument.Parse(result.Output).RootElement.GetProperty("findings").EnumerateArray().Select(f => new ShownFinding(
                Word(f, "id"), Word(f, "severity"), f.GetProperty("bytes").GetUInt64(), Word(f, "text"), Word(f, "advice"))),
        ];
        if (all is [{ Id: "nothingToGain" }, ..])
        {
            Assert.All(all, f => Assert.Equal("info", f.Severity));
        }

        IEnumerable<ulong> bytes = all.Where(f => f.Id != "nothingToGain").Select(f => f.Bytes);
        Assert.Equal(bytes.OrderDescending(), bytes);
        Assert.Equal(all.Length, all.DistinctBy(f => f.Id).Count());
        return all;
    }

    public ShownFinding The(string id)
    {
        Assert.True(All.Any(f => f.Id == id), $"{id} is not among {string.Join(", ", All)}");
        return All.Single(f => f.Id == id);
    }

    public void AssertNot(string id) => Assert.DoesNotContain(All, f => f.Id == id);

    /// <summary>A number that the program told.</summary>
    public ulong Told(string what)
    {
        string line = Assert.Single(_program.Lines, l => l.StartsWith(what + " ", StringComparison.Ordinal));
        return ulong.Parse(line.AsSpan(what.Length + 1), CultureInfo.InvariantCulture);
    }

    public void Dispose() => _program.Dispose();

    private static string Word(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
