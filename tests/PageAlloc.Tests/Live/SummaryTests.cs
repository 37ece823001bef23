using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Insight;
using PageAlloc.Tests.Support;
using PageAlloc.Tests.Views;

namespace PageAlloc.Tests.Live;

/// <summary><c>pagealloc summary</c>: it fits a screen, and its metrics are of the format and say what JSON says.</summary>
[Trait("Category", "Live")]
public sealed class SummaryTests
{
    private const int ScreenWidth = 80;
    private const int ScreenHeight = 40;

    [Theory]
    [InlineData("one")]
    [InlineData("mmapped")]
    [InlineData("arenas", "40")]
    [InlineData("churn", "3", "16", "6000")]
    public void It_fits_a_screen(params string[] situation)
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), situation);
        CommandResult result = CommandRun.Run("summary", $"{program.Pid}");
        Assert.True(result.ExitCode == 0, result.ToString());
        string[] lines = result.Text.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, ScreenWidth));
        Assert.InRange(lines.Length, 10, ScreenHeight);
        Assert.DoesNotContain(lines, line => line.Contains("differ by", StringComparison.Ordinal));
    }

    [Fact]
    public void Numbers_stand_under_each_other()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["arenas", "3"]);
        string[] lines = CommandRun.Run("summary", $"{program.Pid}").Text.Split('\n');
        int head = Array.FindIndex(lines, line => line.StartsWith("  memory ", StringComparison.Ordinal));
        string[] table = [.. lines.Skip(head + 1).TakeWhile(line => !line.StartsWith("  --", StringComparison.Ordinal))];
        Assert.InRange(table.Length, 8, 17);
        Assert.All(table, line => Assert.Equal(lines[head].Length, line.Length));
        int share = lines[head].IndexOf("share", StringComparison.Ordinal) + "share".Length;
        Assert.All(table, line => Assert.Equal('%', line[share - 1]));
    }

    [Fact]
    public void Metrics_are_of_the_format_and_equal_the_JSON()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["churn", "2", "4", "20000"]);
        ShownSummary shown = ShownSummary.Of(program.Pid);
        IReadOnlyList<PrometheusSample> samples = Metrics(program.Pid);
        Assert.All(samples, s => Assert.StartsWith("pagealloc_", s.Metric, StringComparison.Ordinal));
        Assert.All(samples, s => Assert.Equal(($"{program.Pid}", "heap"), (s["pid"], s["command"])));
        Assert.Equal((double)shown.Smaps.Sum("Rss"), samples.Where(s => s.Metric == "pagealloc_resident_bytes").Sum(s => s.Value));
        Assert.Equal((double)shown.Resident("heapUsed"), samples.Single(s => s.Metric == "pagealloc_resident_bytes" && s["kind"] == "heap_used").Value);
        Assert.Equal((double)shown.Status["VmPTE"], Value("pagealloc_page_table_bytes"));
        Assert.Equal((double)shown.OverArenas(a => a.GetProperty("trimmableBytes").GetUInt64()), Value("pagealloc_heap_trimmable_bytes"));
        Assert.Equal(
            (double)shown.OverArenas(a => a.GetProperty("large").GetProperty("bytes").GetUInt64()),
            samples.Single(s => s.Metric == "pagealloc_heap_bytes" && s["state"] == "large").Value);
        Assert.Equal(
            (double)shown.OverArenas(a => a.GetProperty("pages").EnumerateObject().Aggregate(0UL, (sum, c) => sum + c.Value.GetUInt64())),
            samples.Where(s => s.Metric == "pagealloc_heap_pages").Sum(s => s.Value));
        Assert.Equal((double)shown.Threads.Length, Value("pagealloc_threads"));

        double Value(string metric) => samples.Single(s => s.Metric == metric).Value;
    }

    [Fact]
    public void A_name_with_quotes_and_backslashes_stays_one_label()
    {
        using RealProgram program = RealProgram.Start("bash", "-c", """printf 'a"b\\c,d}' > /proc/self/comm; read -r _""");
        string comm = File.ReadAllText($"/proc/{program.Pids[0]}/comm").TrimEnd('\n');
        Assert.Contains("\"", Assert.Single(Metrics(program.Pids[0]).Select(s => s["command"]).Distinct()), StringComparison.Ordinal);
        Assert.All(Metrics(program.Pids[0]), s => Assert.Equal(comm, s["command"]));
    }

    private static IReadOnlyList<PrometheusSample> Metrics(int pid)
    {
        CommandResult result = CommandRun.Run("summary", $"{pid}", "--format", "prometheus");
        Assert.True(result.ExitCode == 0 && result.Error.Length == 0, result.ToString());
        return PrometheusReader.Read(result.Text);
    }
}
