using System.Text.Json.Nodes;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Snapshots;

/// <summary>What is shown of a snapshot is what is shown of the process, which stands still: byte by byte, but for what says that it is one.</summary>
[Trait("Category", "Live")]
public sealed class SnapshotLiveTests
{
    private static readonly string[] s_ofHost =
    [
        "heap tcaches", "heap mmappedAligned", "heap ended", "heap forked", "heap noncontiguous", "heap locked", "heap dlmopened", "heap churn 16 threads",
        "heap-static churn alone", "heap32 heaps",
    ];

    private static readonly string[] s_ofReleases = ["churn 4 threads"];

    public static TheoryData<string> Runs =>
    [
        .. HeapRuns.Names.Where(name => s_ofHost.Contains(name) || s_ofReleases.Any(variant => GlibcRelease.Unpacked.Any(r => name == $"{r.Name} {variant}"))),
    ];

    [Theory]
    [MemberData(nameof(Runs))]
    public void All_views_are_those_of_the_process(string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start();
        using var folder = new WorkFolder();
        string snapshot = Path.Combine(folder.Path, "s");
        CommandResult recorded = CommandRun.Run("record", $"{program.Pid}", "-o", snapshot, "--contents", "--zero-scan");
        Assert.Equal((0, ""), (recorded.ExitCode, recorded.Error));
        AssertSame(program.Pid, snapshot, Json, ["--format", "json", "--runs", "--zero-scan"]);
        AssertSame(program.Pid, snapshot, Json, ["summary", "", "--format", "json"]);
        AssertSame(program.Pid, snapshot, Json, ["check", "", "--format", "json", "--max-rss", "1M", "--max-trimmable", "1G"]);
        AssertSame(program.Pid, snapshot, WithoutCgroup, ["summary", "", "--format", "prometheus"]);
        AssertSame(program.Pid, snapshot, text => text, ["blocks", "", "--format", "csv"]);
        AssertSame(program.Pid, snapshot, WithoutHeader, ["--heap-by", "pages", "--no-fold", "--totals"]);
        AssertSame(program.Pid, snapshot, text => text, ["blocks", "", "--state", "used,top", "--min-size", "100"]);
        foreach (string address in Addresses(CommandRun.Run(snapshot, "--format", "json").Text))
        {
            AssertSame(program.Pid, snapshot, WithoutFiles, ["whatis", "", address, "--format", "json"]);
        }
    }

    [Theory]
    [InlineData("sizeHuge")]
    [InlineData("cacheTwice")]
    [InlineData("topHuge")]
    [InlineData("ringCut")]
    [InlineData("threadSize")]
    [InlineData("mappedSize")]
    public void A_damaged_heap_is_as_damaged_in_the_snapshot(string kind)
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["damage", kind]);
        using var folder = new WorkFolder();
        string snapshot = Path.Combine(folder.Path, "s");
        Assert.Equal(4, CommandRun.Run("record", $"{program.Pid}", "-o", snapshot, "--contents").ExitCode);
        AssertSame(program.Pid, snapshot, Json, ["--format", "json"]);
        AssertSame(program.Pid, snapshot, text => text, ["blocks", "", "--format", "csv"]);
        AssertSame(program.Pid, snapshot, Json, ["check", "", "--format", "json"]);
        foreach (string address in Addresses(CommandRun.Run(snapshot, "--format", "json").Text).Take(5))
        {
            AssertSame(program.Pid, snapshot, WithoutFiles, ["whatis", "", address, "--format", "json"]);
        }
    }

    [Fact]
    public void Without_contents_only_the_guesses_at_blocks_are_missing()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["pins"]);
        using var folder = new WorkFolder();
        string snapshot = Path.Combine(folder.Path, "s");
        CommandResult recorded = CommandRun.Run("record", $"{program.Pid}", "-o", snapshot);
        Assert.Equal((0, ""), (recorded.ExitCode, recorded.Error));
        JsonNode live = JsonNode.Parse(Json(CommandRun.Run($"{program.Pid}", "--format", "json").Text))!;
        JsonNode kept = JsonNode.Parse(Json(CommandRun.Run(snapshot, "--format", "json").Text))!;
        Assert.NotEqual(live.ToJsonString(), kept.ToJsonString());
        Assert.DoesNotContain("looks like", kept.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(WithoutGuesses(live), WithoutGuesses(kept));
    }

    [Fact]
    public void The_program_that_was_recorded_may_be_gone()
    {
        using var folder = new WorkFolder();
        string snapshot = Path.Combine(folder.Path, "s");
        string live;
        using (HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["churn", "1", "4", "20000"]))
        {
            Assert.Equal(0, CommandRun.Run("record", $"{program.Pid}", "-o", snapshot, "--freeze").ExitCode);
            live = CommandRun.Run("blocks", $"{program.Pid}", "--format", "csv").Text;
        }

        Assert.Equal(live, CommandRun.Run("blocks", snapshot, "--format", "csv").Text);
        CommandResult json = CommandRun.Run(snapshot, "--format", "json");
        Assert.True(json.ExitCode == 0 && json.Error.Length == 0, json.ToString());
        JsonNode target = JsonNode.Parse(json.Text)!["target"]!;
        Assert.True(target["frozenMilliseconds"]!.GetValue<double>() > 0);
        Assert.Equal((1, 1), (target["recorded"]!["moment"]!.GetValue<int>(), target["recorded"]!["moments"]!.GetValue<int>()));
        Assert.InRange(DateTime.UtcNow - target["recorded"]!["time"]!.GetValue<DateTime>(), TimeSpan.Zero, TimeSpan.FromMinutes(5));

        // A snapshot of a snapshot is the same again.
        string again = Path.Combine(folder.Path, "again");
        Assert.Equal(0, CommandRun.Run("record", snapshot, "-o", again).ExitCode);
        Assert.Equal(live, CommandRun.Run("blocks", again, "--format", "csv").Text);
    }

    private static void AssertSame(int pid, string snapshot, Func<string, string> of, string[] arguments)
    {
        CommandResult live = Run($"{pid}"), kept = Run(snapshot);
        Assert.Equal(live.ExitCode, kept.ExitCode);
        Assert.Equal(live.Error, kept.Error);
        Assert.Equal(of(live.Text), of(kept.Text));

        CommandResult Run(string target) => CommandRun.Run(
            arguments[0].StartsWith('-') ? [target, .. arguments] : arguments.Select(a => a.Length == 0 ? target : a), user: null);
    }

    // The kernel counts in the control group what others do meanwhile.
    private static string Json(string text)
    {
        JsonObject root = JsonNode.Parse(text)!.AsObject();
        root.Remove("cgroup");
        if (root["target"] is JsonObject target)
        {
            target.Remove("kind");
            target.Remove("recorded");
            target.Remove("file");
            target.Remove("incomplete");
        }

        return root.ToJsonString();
    }

    // The first line names the file.
    private static string WithoutHeader(string text) => text[text.IndexOf('\n', StringComparison.Ordinal)..];

    private static string WithoutCgroup(string text) => string.Join('\n', text.Split('\n').Where(line => !line.Contains("cgroup", StringComparison.Ordinal)));

    // What files hold is not kept.
    private static string WithoutFiles(string text)
    {
        JsonObject what = JsonNode.Parse(text)!.AsObject();
        if (what["page"]?.GetValue<string>() is { } page && !page.Contains("anonymous", StringComparison.Ordinal) && page != "zero page")
        {
            what.Remove("bytes");
        }

        return what.ToJsonString();
    }

    private static string WithoutGuesses(JsonNode node)
    {
        foreach (JsonNode? pin in node["heaps"]!["pins"]!["bySize"]!.AsArray().Concat(node["heaps"]!["pins"]!["blocks"]!.AsArray()))
        {
            pin!.AsObject().Remove("content");
        }

        foreach (JsonNode? finding in node["findings"]!.AsArray())
        {
            string text = finding!["text"]!.GetValue<string>();
            finding["text"] = text.Contains(", looks ", StringComparison.Ordinal) ? text[..text.IndexOf(", looks ", StringComparison.Ordinal)] : text;
        }

        return node.ToJsonString();
    }

    // Of blocks and their middle, arenas, stacks, code, data, the kernel's own.
    private static IEnumerable<string> Addresses(string json)
    {
        JsonNode root = JsonNode.Parse(json)!;
        ulong[] starts =
        [
            .. root["heaps"]!["arenas"]!.AsArray().Take(2).Select(a => Hex(a!["address"])),
            .. root["heaps"]!["arenas"]!.AsArray().Take(2).SelectMany(a => a!["segments"]!.AsArray()).Take(2).SelectMany(s => new[] { Hex(s!["start"]) + 0x2a8, Hex(s["end"]) - 24 }),
            .. root["mappings"]!.AsArray().Where((_, i) => i % 13 == 4).Select(m => Hex(m!["start"]) + 0x10),
        ];
        return starts.Select(a => $"0x{a:x}");
    }

    private static ulong Hex(JsonNode? node) => Convert.ToUInt64(node!.GetValue<string>(), 16);
}
