using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps;

/// <summary>Heaps whose threads never stop to use malloc: what is shown is of one moment, or it is said that it is not.</summary>
[Trait("Category", "Live")]
public sealed class BusyHeapTests
{
    private const int Incomplete = 4;

    [Fact]
    public void Frozen_it_is_of_one_moment_and_goes_on()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["busy", "7", "2"]);
        for (int i = 0; i < 5; i++)
        {
            CommandResult result = Json(program, "--freeze");
            JsonElement document = JsonDocument.Parse(result.Output).RootElement;
            Assert.InRange(document.GetProperty("target").GetProperty("frozenMilliseconds").GetDouble(), 0.001, 10_000);
            JsonElement[] arenas = [.. document.GetProperty("heaps").GetProperty("arenas").EnumerateArray()];
            Assert.Equal(3, arenas.Length);
            Assert.All(arenas, AssertAddsUp);
            // A thread may have been stopped inside malloc; then that is said, and nothing else.
            string[] problems = [.. arenas.SelectMany(a => a.GetProperty("problems").EnumerateArray()).Select(p => p.GetProperty("id").GetString()!)];
            Assert.All(problems, id => Assert.Equal("changing", id));
            Assert.True(result.ExitCode == (problems.Length == 0 && Problems(document) == 0 ? 0 : Incomplete), result.ToString());
        }

        // Jiffies of user time go on: nothing was left stopped.
        string stat = $"/proc/{program.Pid}/stat";
        long before = UserTime(stat);
        Assert.True(SpinWait.SpinUntil(() => UserTime(stat) > before, TimeSpan.FromSeconds(10)));
        Assert.Contains("\nTracerPid:\t0\n", File.ReadAllText($"/proc/{program.Pid}/status"), StringComparison.Ordinal);
    }

    [Fact]
    public void Running_what_is_torn_is_called_changing_and_never_damage()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["busy", "8", "2"]);
        CommandResult result = Json(program);
        JsonElement heaps = JsonDocument.Parse(result.Output).RootElement.GetProperty("heaps");
        Assert.All(heaps.GetProperty("problems").EnumerateArray(), p => Assert.Equal("changing", p.GetProperty("id").GetString()));
        JsonElement[] arenas = [.. heaps.GetProperty("arenas").EnumerateArray()];
        string[] problems = [.. arenas.SelectMany(a => a.GetProperty("problems").EnumerateArray()).Select(p => p.GetProperty("id").GetString()!)];
        Assert.All(problems, id => Assert.Equal("changing", id));
        Assert.All(arenas, AssertAddsUp);
        Assert.True(result.ExitCode == Incomplete || problems.Length == 0, result.ToString());
    }

    private static CommandResult Json(HeapProgram program, params string[] more) =>
        CommandRun.Run([program.Pid.ToString(CultureInfo.InvariantCulture), "--format", "json", .. more]);

    private static int Problems(JsonElement document) => document.GetProperty("heaps").GetProperty("problems").GetArrayLength();

    private static void AssertAddsUp(JsonElement arena)
    {
        string[] parts = ["used", "tcache", "fast", "unsorted", "small", "large", "top"];
        ulong sum = parts.Aggregate(0UL, (all, part) => all + arena.GetProperty(part).GetProperty("bytes").GetUInt64());
        sum += arena.GetProperty("overheadBytes").GetUInt64() + arena.GetProperty("unknownBytes").GetUInt64();
        Assert.Equal(arena.GetProperty("systemBytes").GetUInt64(), sum);
    }

    private static long UserTime(string stat) =>
        long.Parse(File.ReadAllText(stat).Split(") ")[^1].Split(' ')[11], CultureInfo.InvariantCulture);
}
