using System.Globalization;
using System.Text.Json.Nodes;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Mappings;
using PageAlloc.Symbols;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>The ways to a layout, against gdb's reading of libc's debug information; a difference between them is never hidden.</summary>
[Trait("Category", "Live")]
public sealed class LayoutChoiceTests
{
    private static readonly string[] Expressions =
    [
        "&main_arena", "&mp_", "mp_.trim_threshold", "mp_.mmap_threshold", "mp_.n_mmaps", "mp_.mmapped_mem",
        "&((struct malloc_state *) 0)->bins", "&((struct malloc_state *) 0)->top", "&((struct malloc_state *) 0)->next",
        "&((struct malloc_state *) 0)->system_mem", "sizeof(struct malloc_state)",
    ];

    public static TheoryData<string> Runs =>
        ["heap one", "heap mmapped", "heap noncontiguous", "heap arenas", "heap noBreak", "heap churn mmap_max", "heap churn top_pad"];

    [Theory]
    [MemberData(nameof(Runs))]
    public void Places_and_parameters_are_those_of_gdb(string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start();
        ulong[] told = Ask(program.Pid, Expressions);
        foreach (LayoutSource source in Enum.GetValues<LayoutSource>())
        {
            HeapSet heaps = Read(program.Pid, new HeapOptions { Layout = source });
            Assert.Empty(heaps.Problems);
            MallocParameters found = Assert.Single(heaps.Parameters);
            Arena main = heaps.Arenas[0];
            Assert.Equal<IEnumerable<ulong>>(
                told,
                [
                    main.Address, found.Address, found.TrimThreshold, found.MmapThreshold, found.MmappedBlocks, found.MmappedBytes,
                    (ulong)main.Layout.BinsOffset, (ulong)main.Layout.TopOffset, (ulong)main.Layout.NextOffset,
                    (ulong)main.Layout.SystemMemOffset, (ulong)main.Layout.StateSize,
                ]);
        }
    }

    // One whose arena_test was set has nothing but its place and its tcache numbers to be told by.
    [Fact]
    public void Parameters_that_were_tuned_are_found()
    {
        using HeapProgram program = HeapProgram.Start(
            TargetProgram.PathOf("heap"), ["one"], new Dictionary<string, string> { ["GLIBC_TUNABLES"] = "glibc.malloc.arena_test=3" });
        MallocParameters found = Assert.Single(Read(program.Pid, new HeapOptions { Layout = LayoutSource.Structure }).Parameters);
        Assert.Equal(Ask(program.Pid, ["&mp_"])[0], found.Address);
    }

    [Fact]
    public void A_difference_is_a_problem_that_says_both()
    {
        using HeapProgram program = HeapRuns.Get("heap arenas").Start();
        using var folder = new WorkFolder();
        var environment = new Dictionary<string, string> { ["XDG_CACHE_HOME"] = folder.Path };
        ShownHeaps agreed = ShownHeaps.Parse(CommandRun.Run([$"{program.Pid}", "--format", "json"], null, environment));
        Skips.Unless(agreed.Layout!.Contains("debug info", StringComparison.Ordinal), "libc6-dbg is not installed");
        Assert.StartsWith("structure, checked against debug info: /", agreed.Layout, StringComparison.Ordinal);
        Assert.Equal(0, agreed.Result.ExitCode);

        // What is kept of this build is read instead of its debug information.
        string kept = Assert.Single(Directory.GetFiles(Path.Combine(folder.Path, "pagealloc")));
        JsonNode layout = JsonNode.Parse(File.ReadAllText(kept))!;
        Member(layout, "malloc_state", "top")["offset"] = 88;
        Variable(layout, "main_arena")["value"] = Variable(layout, "main_arena")["value"]!.GetValue<ulong>() + 16;
        File.WriteAllText(kept, layout.ToJsonString());
        ShownHeaps differing = ShownHeaps.Parse(CommandRun.Run([$"{program.Pid}", "--format", "json"], null, environment));
        Assert.Equal(4, differing.Result.ExitCode);
        Assert.Equal(2, differing.Problems.Count);
        Assert.All(differing.Problems, p => Assert.Contains("layoutMismatch", p.Text, StringComparison.Ordinal));
        ulong main = agreed.Arenas[0].Address;
        Assert.Contains($"main_arena is 0x{main:x} as it was read, 0x{main + 16:x} by debug info: /", differing.Problems[0].Text, StringComparison.Ordinal);
        Assert.Contains("malloc_state.top is 96 as it was read, 88 by debug info: /", differing.Problems[1].Text, StringComparison.Ordinal);
        Assert.Equal(agreed.Arenas.Select(a => a.Address), differing.Arenas.Select(a => a.Address));
    }

    [Fact]
    public void Debug_information_of_another_build_is_refused_with_both_builds()
    {
        using HeapProgram program = HeapRuns.Get("heap one").Start();
        using HeapReader own = Open(program.Pid, HeapOptions.Default);
        string other = TargetProgram.PathOf("heap");
        CommandResult result = CommandRun.Run($"{program.Pid}", "--layout", other);
        Assert.Equal(3, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains($"{other} is of another build: its build-id is {BuildId(other)}, that of ", result.Error, StringComparison.Ordinal);
        Assert.Contains(BuildId(ByteText.ToText(own.Heaps.Arenas[0].Library.Span)), result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("blocks")]
    [InlineData("")]
    public void Without_debug_information_it_is_said_what_to_do(string command)
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap-static"), ["one"]);
        CommandResult result = CommandRun.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), $"{program.Pid}", "--layout", "debug-info"]);
        Assert.Equal(3, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains($"process {program.Pid}: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("--layout structure needs none", result.Error, StringComparison.Ordinal);
    }

    private static HeapReader Open(int pid, HeapOptions options)
    {
        using ITarget target = LiveProcess.Open(pid);
        return HeapReader.Open(target, MappingTable.Read(target), options);
    }

    private static HeapSet Read(int pid, HeapOptions options)
    {
        using HeapReader reader = Open(pid, options);
        return reader.Heaps;
    }

    private static ulong[] Ask(int pid, string[] expressions)
    {
        string? gdb = Launch.Find("gdb");
        Skips.Unless(gdb is not null, "gdb is not installed");
        string[] commands = [.. expressions.SelectMany(e => new[] { "-ex", $"printf \"told %lu\\n\", (unsigned long) ({e})" })];
        CommandResult result = CommandRun.Finish(Launch.Start(gdb, ["-batch", "-nx", "-p", $"{pid}", .. commands]));
        Skips.Unless(!result.Error.Contains("No symbol", StringComparison.Ordinal), "gdb knows nothing of libc's variables: libc6-dbg");
        ulong[] told = [.. result.Text.Split('\n').Where(l => l.StartsWith("told ", StringComparison.Ordinal)).Select(l => ulong.Parse(l[5..], CultureInfo.InvariantCulture))];
        Assert.True(told.Length == expressions.Length, $"gdb: {result.Text}{result.Error}");
        return told;
    }

    private static string BuildId(string file)
    {
        using ElfImage image = ElfImage.Parse(File.ReadAllBytes(file));
        return Convert.ToHexStringLower(image.BuildId.Span);
    }

    private static JsonNode Member(JsonNode layout, string structure, string member) =>
        Named(Named(layout["structs"]!, structure)["members"]!, member);

    private static JsonNode Variable(JsonNode layout, string name) => Named(layout["variables"]!, name);

    private static JsonNode Named(JsonNode list, string name) => list.AsArray().First(n => n!["name"]!.GetValue<string>() == name)!;
}
