using System.Text.Json;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Cli;

/// <summary><c>pagealloc check</c>: the figures are the kernel's and glibc's own, and the exit code says whether they keep the limits.</summary>
[Trait("Category", "Live")]
public sealed class CheckTests
{
    private const int Found = 1;

    [Fact]
    public void A_limit_holds_at_the_very_value_and_not_one_byte_below()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["churn", "1", "1", "30000"]);
        string pid = $"{program.Pid}";
        IReadOnlyDictionary<string, ulong> truth = HeapTruth.Parse(program.Lines).Totals;
        ulong heap = truth["arena"] + truth["hblkhd"];
        Assert.Equal(0, CommandRun.Run("check", pid, "--max-heap", $"{heap}").ExitCode);
        CommandResult over = CommandRun.Run("check", pid, "--max-heap", $"{heap - 1}");
        Assert.Equal((Found, ""), (over.ExitCode, over.Error));
        Assert.StartsWith("EXCEEDED heap ", over.Text, StringComparison.Ordinal);

        // What is free and not the top, in hundredths of the arena, rounded up.
        ulong between = truth["fordblks"] - truth["keepcost"];
        ulong percent = ((100 * between) + truth["arena"] - 1) / truth["arena"];
        Assert.InRange(percent, 1UL, 99UL);
        Assert.Equal(0, CommandRun.Run("check", pid, "--max-fragmentation", $"{percent}%").ExitCode);
        Assert.Equal(Found, CommandRun.Run("check", pid, "--max-fragmentation", $"{percent - 1}").ExitCode);
        Assert.Equal(0, CommandRun.Run("check", pid, "--max-arenas", "1").ExitCode);
        Assert.Equal(Found, CommandRun.Run("check", pid, "--max-arenas", "0").ExitCode);
    }

    [Fact]
    public void What_can_be_trimmed_is_what_a_trim_gives_back()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["churn", "2", "4", "20000"]);
        CommandResult result = CommandRun.Run("check", $"{program.Pid}", "--max-trimmable", "0", "--max-rss", "1K", "--format", "json");
        Assert.Equal(Found, result.ExitCode);
        using JsonDocument json = JsonDocument.Parse(result.Text);
        Assert.False(json.RootElement.GetProperty("ok").GetBoolean());
        Dictionary<string, JsonElement> budgets = json.RootElement.GetProperty("budgets").EnumerateArray().ToDictionary(b => b.GetProperty("id").GetString()!);
        Assert.Equal((ulong)program.RssBytes(), budgets["rss"].GetProperty("value").GetUInt64());
        Assert.Equal(program.Trim(), budgets["trimmable"].GetProperty("value").GetInt64());
    }

    [Fact]
    public void Damage_is_found_without_any_limit()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["damage", "sizeHuge"]);
        CommandResult result = CommandRun.Run("check", $"{program.Pid}");
        Assert.Equal(Found, result.ExitCode);
        Assert.StartsWith("DAMAGED ", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_heap_that_is_another_allocators_is_not_within_a_limit()
    {
        string path = TargetProgram.PathOf("heap-musl");
        Skips.Unless(File.Exists(path), "musl-gcc is not installed: musl-tools");
        using HeapProgram program = HeapProgram.Start(path, []);
        CommandResult result = CommandRun.Run("check", $"{program.Pid}", "--max-trimmable", "1G");
        Assert.Equal(4, result.ExitCode);
        Assert.StartsWith("unknown  trimmable ", result.Text, StringComparison.Ordinal);
        Assert.EndsWith("\nunknown  the heap could not be checked, or not all of it\n", result.Text, StringComparison.Ordinal);
        Assert.Equal(4, CommandRun.Run("check", $"{program.Pid}").ExitCode);
    }

    [Theory]
    [InlineData("--max-rss", "much", "--max-rss is a size such as 4096, 64K, 1M or 2G, not 'much'")]
    [InlineData("--max-fragmentation", "40.5%", "--max-fragmentation is a number such as 40%, not '40.5%'")]
    [InlineData("--max-arenas", "-1", "--max-arenas is a number, not '-1'")]
    public void A_limit_that_is_none_is_named(string option, string value, string message)
    {
        CommandResult result = CommandRun.Run("check", $"{Environment.ProcessId}", option, value);
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith($"pagealloc: {message}\n", result.Error, StringComparison.Ordinal);
    }
}
