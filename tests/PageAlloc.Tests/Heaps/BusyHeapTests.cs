using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps;

/// <summary>Heaps whose threads never stop to use malloc: what is shown is of one moment, or it is said that it is not.</summary>
[Trait("Category", "Live")]
public sealed class BusyHeapTests
{
    private const int Incomplete = 4, Looks = 50;

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

    // A process of one thread takes no lock: nothing but a second look tells what is torn from what is damaged.
    [Theory]
    [InlineData("alone")]
    [InlineData("python3")]
    public void A_process_that_never_rests_never_looks_damaged(string name)
    {
        using HeapProgram program = name == "alone" ? HeapProgram.Start(TargetProgram.PathOf("heap"), ["busyAlone", "9"]) : StartPython();
        var texts = new List<string>();
        long before = UserTime($"/proc/{program.Pid}/stat");
        for (int i = 0; i < Looks; i++)
        {
            CommandResult result = Json(program);
            Assert.True(result.ExitCode is 0 or Incomplete, result.ToString());
            JsonElement heaps = JsonDocument.Parse(result.Output).RootElement.GetProperty("heaps");
            JsonElement[] arenas = [.. heaps.GetProperty("arenas").EnumerateArray()];
            Assert.NotEmpty(arenas);
            Assert.All(arenas, AssertAddsUp);
            JsonElement[] problems = [.. arenas.Append(heaps).SelectMany(a => a.GetProperty("problems").EnumerateArray())];
            texts.AddRange(problems.Where(p => p.GetProperty("id").GetString() != "changing").Select(p => $"look {i}: {p.GetRawText()}"));
            Assert.Equal(result.ExitCode == Incomplete, problems.Length != 0);
        }

        Assert.True(texts.Count == 0, string.Join('\n', texts));
        Assert.InRange(UserTime($"/proc/{program.Pid}/stat"), before + 1, long.MaxValue);
    }

    // Blocks of all sizes beyond those that Python keeps for itself.
    private static HeapProgram StartPython()
    {
        const string script = """
            import random, select, sys
            kept = [None] * 500
            print("READY", flush=True)
            while not select.select([sys.stdin], [], [], 0)[0]:
                for _ in range(1000):
                    i = random.randrange(len(kept))
                    if kept[i] is not None and random.random() < 0.4:
                        kept[i].extend(bytes(random.randrange(3000)))
                    else:
                        kept[i] = bytearray(random.randrange(1 << random.randrange(9, 18)))
            """;
        string? python = Launch.Find("python3");
        Skips.Unless(python is not null, "python3 is not installed");
        return HeapProgram.Start(python, ["-c", script]);
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
