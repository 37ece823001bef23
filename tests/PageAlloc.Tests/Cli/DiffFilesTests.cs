using System.Text.Json.Nodes;
using PageAlloc.Interop;
using PageAlloc.Targets;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Snapshots;
using PageAlloc.Tests.Support;
using PageAlloc.Tests.Targets.Cores;

namespace PageAlloc.Tests.Cli;

/// <summary>Snapshots, core files and processes compared with each other, in any mix: the blocks are the same, whatever they come from.</summary>
[Trait("Category", "Live")]
public sealed class DiffFilesTests : IDisposable
{
    private const int Steps = 8;

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_leak_is_named_between_any_two_kinds_of_target()
    {
        using HeapProgram program = Leak("leak");
        string before = Record(program, "before"), pid = $"{program.Pid}";
        string earlier = CoreProgram.Gcore(program.Pid, _folder.Path);
        File.Move(earlier, earlier = Path.Combine(_folder.Path, "earlier"));
        program.Tell("s");
        string after = Record(program, "after"), gdb = CoreProgram.Gcore(program.Pid, _folder.Path);
        string blocks = Blocks(before, pid);
        string pages = Diff(before, pid)["mappings"]!.ToJsonString();
        Assert.Equal(pages, Diff(before, after)["mappings"]!.ToJsonString());
        string kernel = CoreProgram.Abort(program.Pid, _folder.Path);
        foreach (string old in new[] { before, earlier })
        {
            foreach (string now in new[] { after, gdb, kernel })
            {
                Assert.Equal((old, now, blocks), (old, now, Blocks(old, now)));
            }
        }

        // What a core file does not know is unknown, and no mapping came or went because it has no name there.
        JsonObject mixed = Diff(before, kernel);
        Assert.Null(mixed["new"]!["residentBytes"]);
        Assert.All(mixed["mappings"]!.AsArray(), m => Assert.True(m!["old"] is not null && m["new"] is not null, m.ToJsonString()));
    }

    [Fact]
    public void One_file_alone_stands_for_its_moments()
    {
        using HeapProgram program = Leak("leak");
        string first = Record(program, "m1");
        var all = new List<string> { first };
        for (int i = 2; i <= Steps; i++)
        {
            program.Tell("s");
            all.Add(Record(program, $"m{i}"));
        }

        CommandResult apart = CommandRun.Run(["diff", .. all, "--format", "json"], null);
        JsonNode growth = JsonNode.Parse(apart.Output)!["growth"]!;
        string chunk = Chunk(program);
        JsonNode named = growth["steady"]!.AsArray().First(s => (string)s!["kind"]! == "size")!;
        Assert.Equal((chunk, Steps), ($"{named["minSize"]}", growth["moments"]!.AsArray().Count));

        CommandResult one = CommandRun.Run("diff", first);
        Assert.Equal(2, one.ExitCode);
        Assert.Contains("two moments or more", one.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_moments_of_a_recording_are_compared_in_their_order()
    {
        using HeapProgram program = Leak("none");
        string series = Path.Combine(_folder.Path, "series");
        CommandResult recorded = CommandRun.Run("record", $"{program.Pid}", "-o", series, "--every", "10ms", "--count", "4");
        Assert.True(recorded.ExitCode == 0, recorded.ToString());
        JsonNode whole = JsonNode.Parse(CommandRun.Run("diff", series, "--format", "json").Output)!;
        Assert.Equal(4, whole["growth"]!["moments"]!.AsArray().Count);
        Assert.Equal((1, 4), ((int)whole["old"]!["target"]!["recorded"]!["moment"]!, (int)whole["new"]!["target"]!["recorded"]!["moment"]!));
        Assert.Empty(whole["growth"]!["steady"]!.AsArray());
        CommandResult text = CommandRun.Run("diff", series);
        Assert.Contains("nothing grows steadily", text.Text, StringComparison.Ordinal);
        Assert.Equal("", text.Error);
        Assert.Equal(0, CommandRun.Run("diff", $"{series}@2", $"{series}@3").ExitCode);
    }

    [Fact]
    public void A_damaged_moment_is_named_and_left_out()
    {
        string series = Path.Combine(_folder.Path, "series");
        byte[] bytes = [.. Recording.Series];
        File.WriteAllBytes(series, bytes);
        Damage(2);
        CommandResult result = CommandRun.Run("diff", series, "--format", "json");
        Assert.True(result.ExitCode == 4, result.ToString());
        Assert.Contains("moment 2 of 3 is left out: ", result.Error, StringComparison.Ordinal);
        JsonNode diff = JsonNode.Parse(result.Output)!;
        Assert.Equal((1, 3), ((int)diff["old"]!["target"]!["recorded"]!["moment"]!, (int)diff["new"]!["target"]!["recorded"]!["moment"]!));
        Assert.Null(diff["growth"]);

        Damage(3);
        result = CommandRun.Run("diff", series);
        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Contains("of its 3 moments only one can be read", result.Error, StringComparison.Ordinal);

        void Damage(int moment)
        {
            using LinuxFile file = SnapshotFile.OpenSeries(series, out SnapshotMoments moments);
            (long start, MomentHeader header) = moments.All[moment - 1];
            bytes[start + header.DirectoryStart] ^= 1;
            File.WriteAllBytes(series, bytes);
        }
    }

    [Fact]
    public void Files_that_are_called_like_moments_are_not_read()
    {
        string series = Path.Combine(_folder.Path, "series");
        File.WriteAllBytes(series, Recording.Series);
        CommandResult before = CommandRun.Run("diff", series, "--format", "json");
        Assert.True(before.ExitCode == 0, before.ToString());
        File.WriteAllText($"{series}@1", "no snapshot");
        File.WriteAllBytes($"{series}@2", Recording.Small);
        CommandResult after = CommandRun.Run("diff", series, "--format", "json");
        Assert.True(after.ExitCode == 0, after.ToString());
        Assert.Equal(before.Text, after.Text);
    }

    private static HeapProgram LeakIn(string shape, string folder) =>
        HeapProgram.Start(TargetProgram.PathOf("leak"), [shape, "7", "200", "400"], folder: folder);

    private HeapProgram Leak(string shape) => LeakIn(shape, _folder.Path);

    // The one size of chunk that malloc took for most of the leaked blocks, by the program's own count.
    private static string Chunk(HeapProgram program) => program.Lines.Last(l => l.StartsWith("chunks ", StringComparison.Ordinal) && int.Parse(l.Split(' ')[2]) > 1000).Split(' ')[1];

    private string Record(HeapProgram program, string name)
    {
        string path = Path.Combine(_folder.Path, name);
        CommandResult result = CommandRun.Run("record", $"{program.Pid}", "-o", path);
        Assert.True(result.ExitCode == 0, result.ToString());
        return path;
    }

    private static JsonObject Diff(string old, string now)
    {
        CommandResult result = CommandRun.Run("diff", old, now, "--format", "json");
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonNode.Parse(result.Output)!.AsObject();
    }

    private static string Blocks(string old, string now) => Diff(old, now)["blocks"]!.ToJsonString() + Diff(old, now)["arenas"]!.ToJsonString();
}
