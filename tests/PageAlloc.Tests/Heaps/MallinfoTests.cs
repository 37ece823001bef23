using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps;

/// <summary>The sums of the heaps equal what glibc says of itself, in the same process, standing still.</summary>
public sealed partial class MallinfoTests
{
    [Theory]
    [InlineData("one")]
    [InlineData("fastbins")]
    [InlineData("tcache-full")]
    [InlineData("unsorted")]
    [InlineData("bins")]
    [InlineData("tcaches")]
    [InlineData("mmapped")]
    [InlineData("mmappedAligned")]
    [InlineData("mremapped")]
    [InlineData("decoy")]
    [InlineData("arenas")]
    [InlineData("sharedArena")]
    [InlineData("ended")]
    [InlineData("heaps")]
    [InlineData("shrunk")]
    [InlineData("forked")]
    [InlineData("foreign")]
    [InlineData("noncontiguous")]
    [InlineData("alternating")]
    [InlineData("noBreak")]
    [InlineData("churn", "1", "1", "30000")]
    [InlineData("churn", "2", "4", "20000")]
    [InlineData("churn", "3", "16", "6000")]
    public void Sums_equal_mallinfo2(params string[] situation)
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), situation);
        AssertEqualsMallinfo(program);
    }

    // Then malloc maps hugetlb pages, as long as there are any: arenas, pieces of the main one and blocks lie in them.
    [Fact]
    public void Heaps_in_hugetlb_pages_are_found_too()
    {
        using SystemState pool = SystemState.Hugetlb(100);
        using HeapProgram program = HeapProgram.Start(
            TargetProgram.PathOf("heap"),
            ["churn", "4", "4", "8000"],
            new Dictionary<string, string> { ["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=2" });
        Assert.Contains("/anon_hugepage", File.ReadAllText($"/proc/{program.Pid}/maps"), StringComparison.Ordinal);
        AssertEqualsMallinfo(program);
    }

    private static void AssertEqualsMallinfo(HeapProgram program)
    {
        CommandResult result = CommandRun.Run(program.Pid.ToString(CultureInfo.InvariantCulture), "--format", "json");
        Assert.True(result.ExitCode == 0, result.ToString());
        JsonElement heaps = JsonDocument.Parse(result.Output).RootElement.GetProperty("heaps");
        JsonElement[] arenas = [.. heaps.GetProperty("arenas").EnumerateArray()];

        var told = Figure().Matches(Assert.Single(program.Lines, l => l.StartsWith("mallinfo", StringComparison.Ordinal)))
            .ToDictionary(m => m.Groups[1].Value, m => ulong.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture));
        Assert.Equal(told["arena"], Sum(arenas, a => a.GetProperty("systemBytes").GetUInt64()));
        Assert.Equal(told["smblks"], Sum(arenas, a => Blocks(a, "fast")));
        Assert.Equal(told["fsmblks"], Sum(arenas, a => Bytes(a, "fast")));
        Assert.Equal(told["ordblks"], Sum(arenas, a => Blocks(a, "unsorted") + Blocks(a, "small") + Blocks(a, "large") + 1));
        Assert.Equal(
            told["fordblks"],
            Sum(arenas, a => Bytes(a, "fast") + Bytes(a, "unsorted") + Bytes(a, "small") + Bytes(a, "large") + Bytes(a, "top")));
        Assert.Equal(told["keepcost"], Bytes(Assert.Single(arenas, a => a.GetProperty("main").GetBoolean()), "top"));
        Assert.Equal(told["hblks"], Blocks(heaps, "mmapped"));
        Assert.Equal(told["hblkhd"], Bytes(heaps, "mmapped"));
        Assert.All(arenas, a => Assert.Equal(a.GetProperty("systemBytes").GetUInt64(), AllBytes(a)));
        Assert.All(arenas, a => Assert.Empty(a.GetProperty("problems").EnumerateArray()));
        Assert.Empty(heaps.GetProperty("problems").EnumerateArray());
    }

    [Fact]
    public void A_process_that_never_called_malloc_has_no_heap()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["idle"]);
        CommandResult result = CommandRun.Run(program.Pid.ToString(CultureInfo.InvariantCulture), "--format", "json");
        JsonElement heaps = JsonDocument.Parse(result.Output).RootElement.GetProperty("heaps");
        Assert.Empty(heaps.GetProperty("arenas").EnumerateArray());
    }

    private static ulong AllBytes(JsonElement arena) =>
        Bytes(arena, "used") + Bytes(arena, "tcache") + Bytes(arena, "fast") + Bytes(arena, "unsorted") + Bytes(arena, "small")
        + Bytes(arena, "large") + Bytes(arena, "top") + arena.GetProperty("overheadBytes").GetUInt64()
        + arena.GetProperty("unknownBytes").GetUInt64();

    private static ulong Blocks(JsonElement parent, string name) => parent.GetProperty(name).GetProperty("blocks").GetUInt64();

    private static ulong Bytes(JsonElement parent, string name) => parent.GetProperty(name).GetProperty("bytes").GetUInt64();

    private static ulong Sum(JsonElement[] arenas, Func<JsonElement, ulong> of) => arenas.Aggregate(0UL, (sum, a) => sum + of(a));

    [GeneratedRegex(@"(\w+)=(\d+)")]
    private static partial Regex Figure();
}
