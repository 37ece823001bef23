using System.Text.Json;
using System.Text.Json.Nodes;
using PageAlloc.Tests.Docs;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Cli;

/// <summary><c>pagealloc diff</c> as a user calls it: on one process, on a child, on other runs and programs, and what it says then.</summary>
[Trait("Category", "Live")]
public sealed class DiffTests
{
    [Fact]
    public void Of_a_process_that_stands_still_nothing_changed()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["churn", "1", "4", "5000"]);
        JsonElement diff = Json(0, $"{program.Pid}", $"{program.Pid}");
        Assert.Equal("addresses", diff.GetProperty("basis").GetString());
        JsonElement blocks = diff.GetProperty("blocks");
        Assert.NotEqual(0UL, Blocks(blocks.GetProperty("kept")));
        Assert.Equal((0UL, 0UL), (Blocks(blocks.GetProperty("added")), Blocks(blocks.GetProperty("gone"))));
        Assert.Equal(blocks.GetProperty("old").GetRawText(), blocks.GetProperty("kept").GetRawText());
        string[] moves = ["cameIn", "left", "swappedOut", "swappedIn", "cameSwapped", "leftSwap", "copied", "otherKind"];
        Assert.All(diff.GetProperty("mappings").EnumerateArray(), m => Assert.All(moves, move => Assert.Equal(0UL, m.GetProperty("changes").GetProperty(move).GetUInt64())));

        // The same sums as the process's own document has.
        JsonElement own = JsonDocument.Parse(CommandRun.Run($"{program.Pid}", "--format", "json").Output).RootElement;
        Assert.Equal(
            own.GetProperty("heaps").GetProperty("arenas").EnumerateArray().Aggregate(0UL, (sum, a) => sum + Blocks(a.GetProperty("used"))) + Blocks(own.GetProperty("heaps").GetProperty("mmapped")),
            Blocks(blocks.GetProperty("new")));
        Assert.Equal(own.GetProperty("ledger").GetProperty("residentBytes").GetUInt64(), diff.GetProperty("new").GetProperty("residentBytes").GetUInt64());
        string text = CommandRun.Run("diff", $"{program.Pid}", $"{program.Pid}", "--show", "summary,map").Text;
        Assert.Contains("\n  no block came and none went\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n  no page changed\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_forked_child_has_the_addresses_of_its_parent()
    {
        using TargetProgram target = TargetProgram.Pages("forked");
        JsonElement diff = Json(0, $"{target.Pid}", $"{target.ProcessId("child")}");
        Assert.Equal("addresses", diff.GetProperty("basis").GetString());
        Assert.Contains(diff.GetProperty("mappings").EnumerateArray(), m => m.GetProperty("changes").GetProperty("stayed").GetUInt64() != 0);
    }

    [Fact]
    public void Two_runs_of_a_program_are_compared_by_name_and_size()
    {
        using HeapProgram one = HeapProgram.Start(TargetProgram.PathOf("leak"), ["none", "1"]);
        using HeapProgram other = HeapProgram.Start(TargetProgram.PathOf("leak"), ["none", "2"]);
        JsonElement diff = Json(0, $"{one.Pid}", $"{other.Pid}");
        Assert.Equal("otherRun", diff.GetProperty("basis").GetString());
        Assert.Equal(JsonValueKind.Null, diff.GetProperty("blocks").GetProperty("added").ValueKind);
        Assert.Single(diff.GetProperty("mappings").EnumerateArray(), m => m.GetProperty("name").GetString() == "[heap]");
        string text = CommandRun.Run("diff", $"{one.Pid}", $"{other.Pid}").Text;
        Assert.Contains("\n  two runs of one program: their addresses have nothing to do with each other,\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_programs_are_said_to_be_two()
    {
        using TargetProgram one = TargetProgram.Pages("small");
        using HeapProgram other = HeapProgram.Start(TargetProgram.PathOf("leak"), ["none"]);
        Assert.Equal("otherProgram", Json(0, $"{one.Pid}", $"{other.Pid}").GetProperty("basis").GetString());
    }

    [Fact]
    public void Of_three_moments_what_grows_is_said()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("leak"), ["none"]);
        string pid = $"{program.Pid}";
        JsonElement growth = Json(0, pid, pid, pid).GetProperty("growth");
        Assert.Equal((3, 0, "second"), (growth.GetProperty("moments").GetArrayLength(), growth.GetProperty("steady").GetArrayLength(), growth.GetProperty("ratePer").GetString()));
        Assert.EndsWith("\n  nothing grows steadily\n", CommandRun.Run("diff", pid, pid, pid).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_heap_makes_it_incomplete_and_the_other_side_is_named_too()
    {
        using HeapProgram whole = HeapProgram.Start(TargetProgram.PathOf("heap"), ["bins"]);
        using HeapProgram damaged = HeapProgram.Start(TargetProgram.PathOf("heap"), ["damage", "mainTop"]);
        CommandResult result = CommandRun.Run("diff", $"{whole.Pid}", $"{damaged.Pid}");
        Assert.Equal(4, result.ExitCode);
        Assert.Contains($"pagealloc: process {damaged.Pid}: problem in arena @0x", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain($"process {whole.Pid}:", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_of_another_user_can_not_be_compared()
    {
        using TargetProgram closed = TargetProgram.Pages("small");
        CommandResult result = CommandRun.Run(["diff", $"{closed.Pid}", $"{closed.Pid}"], Launch.Nobody);
        Assert.Equal(3, result.ExitCode);
        Assert.StartsWith("pagealloc: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "'diff' needs OLD and NEW", "diff", "1")]
    [InlineData(2, "there is no option '--sho'", "diff", "1", "1", "--sho")]
    [InlineData(2, "--show takes summary, map, not 'heaps'", "diff", "1", "1", "--show", "heaps")]
    [InlineData(2, "--scale is a number of pages, or 'fit', not '0'", "diff", "1", "1", "--scale", "0")]
    [InlineData(3, "there is no process 999999999", "diff", "999999999", "1")]
    public void Mistakes_are_told(int code, string message, params string[] arguments)
    {
        CommandResult result = CommandRun.Run(arguments);
        Assert.Equal(code, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_accepts_what_it_writes_and_not_much_else()
    {
        using HeapProgram one = HeapProgram.Start(TargetProgram.PathOf("heap"), ["churn", "1", "4", "5000"]);
        using HeapProgram other = HeapProgram.Start(TargetProgram.PathOf("leak"), ["none"]);
        using TargetProgram forked = TargetProgram.Pages("forked");
        string[][] calls = [[$"{one.Pid}", $"{one.Pid}"], [$"{one.Pid}", $"{other.Pid}"], [$"{other.Pid}", $"{other.Pid}", $"{other.Pid}"], [$"{forked.Pid}", $"{forked.ProcessId("child")}"]];
        JsonNode[] documents = [.. calls.Select(c => JsonNode.Parse(Json(0, c).GetRawText())!)];
        Assert.All(SchemaValidator.CheckWith(SchemaValidator.DiffSchema, documents), error => Assert.Equal("", error));
        Action<JsonNode>[] changes =
        [
            d => d["schema"] = "pagealloc/1", d => d.AsObject().Remove("basis"), d => d["basis"] = "none", d => d["old"] = null, d => d["new"]!["time"] = "now",
            d => d["blocks"]!["kept"]!["blocks"] = -1, d => d["mappings"]![0]!["changes"]!.AsObject().Remove("split"), d => d["mappings"]![0]!["start"] = 4096,
            d => d["arenas"]![0]!["old"]!.AsObject().Remove("used"), d => d["blocks"]!["bySize"]![0]!["example"] = 0, d => d["seconds"] = "1",
        ];
        JsonNode[] mutilated = [.. changes.Select(change => Changed(documents[0], change))];
        Assert.All(SchemaValidator.CheckWith(SchemaValidator.DiffSchema, mutilated), Assert.NotEmpty);
    }

    private static JsonNode Changed(JsonNode document, Action<JsonNode> change)
    {
        JsonNode copy = document.DeepClone();
        change(copy);
        return copy;
    }

    private static JsonElement Json(int exitCode, params string[] targets)
    {
        CommandResult result = CommandRun.Run(["diff", .. targets, "--format", "json"]);
        Assert.True(result.ExitCode == exitCode, result.ToString());
        JsonElement root = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal("pagealloc-diff/1", root.GetProperty("schema").GetString());
        return root;
    }

    private static ulong Blocks(JsonElement sum) => sum.GetProperty("blocks").GetUInt64();
}
