using System.Text.Json;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Cli;

/// <summary><c>pagealloc ps</c>: it ranks all processes that may be read, and its figures are those that looking at one gives.</summary>
[Trait("Category", "Live")]
public sealed class PsTests
{
    [Fact]
    public void Those_that_waste_most_stand_first_and_the_figures_are_glibcs_and_the_kernels()
    {
        using HeapProgram wasteful = HeapProgram.Start(TargetProgram.PathOf("heap"), ["churn", "2", "4", "20000"]);
        using HeapProgram small = HeapProgram.Start(TargetProgram.PathOf("heap"), ["one"]);
        CommandResult result = CommandRun.Run("ps", "--format", "json", "--limit", "0");
        Assert.Equal(0, result.ExitCode);
        using JsonDocument json = JsonDocument.Parse(result.Text);
        JsonElement[] processes = [.. json.RootElement.GetProperty("processes").EnumerateArray()];
        ulong[] free = [.. processes.Select(p => p.TryGetProperty("residentFreeBytes", out JsonElement bytes) ? bytes.GetUInt64() : 0)];
        Assert.Equal(free.OrderDescending(), free);
        int[] pids = [.. processes.Select(p => p.GetProperty("pid").GetInt32())];
        Assert.Equal(pids.Distinct(), pids);
        Assert.True(Array.IndexOf(pids, wasteful.Pid) < Array.IndexOf(pids, small.Pid) && pids.Contains(wasteful.Pid));

        JsonElement line = processes[Array.IndexOf(pids, wasteful.Pid)];
        Assert.Equal(("heap", "glibc"), (line.GetProperty("command").GetString(), line.GetProperty("allocator").GetString()));
        IReadOnlyDictionary<string, ulong> truth = HeapTruth.Parse(wasteful.Lines).Totals;
        Assert.Equal(truth["arena"] + truth["hblkhd"], line.GetProperty("heapBytes").GetUInt64());
        Assert.Equal((ulong)wasteful.RssBytes(), line.GetProperty("residentBytes").GetUInt64());
        Assert.Equal(wasteful.Trim(), line.GetProperty("trimmableBytes").GetInt64());
    }

    [Fact]
    public void A_limit_says_how_many_more_there_are_and_metrics_are_of_every_process()
    {
        using HeapProgram one = HeapProgram.Start(TargetProgram.PathOf("heap"), ["one"]);
        using HeapProgram two = HeapProgram.Start(TargetProgram.PathOf("heap"), ["one"]);
        string[] lines = CommandRun.Run("ps", "--limit", "1").Text.TrimEnd('\n').Split('\n');
        Assert.Matches(@"^  and \d+ more: --limit 0 shows all$", lines[2]);
        string metrics = CommandRun.Run("ps", "--format", "prometheus").Text;
        Assert.All(
            new[] { one.Pid, two.Pid },
            pid => Assert.Contains($"\npagealloc_heap_arenas{{pid=\"{pid}\",command=\"heap\"}} 1\n", metrics, StringComparison.Ordinal));
        string[] types = [.. metrics.Split('\n').Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal))];
        Assert.Equal(types.Distinct(), types);
    }

    [Fact]
    public void What_may_not_be_read_is_counted_and_is_no_failure()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        CommandResult result = CommandRun.Run(["ps"], user: 65534);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches(@"\n  \d+ could not be read: sudo shows those of other users\n$", result.Text);
    }

    [Fact]
    public void A_limit_of_metrics_is_refused()
    {
        CommandResult result = CommandRun.Run("ps", "--format", "prometheus", "--limit", "1");
        Assert.Equal((2, "pagealloc: --limit is of text and json: the metrics are of every process"), (result.ExitCode, result.Error.Split('\n')[0]));
    }

    [Fact]
    public void A_limit_that_is_none_is_named()
    {
        CommandResult result = CommandRun.Run("ps", "--limit", "many");
        Assert.Equal((2, "pagealloc: --limit is a number of processes, or 0 for all, not 'many'"), (result.ExitCode, result.Error.Split('\n')[0]));
    }
}
