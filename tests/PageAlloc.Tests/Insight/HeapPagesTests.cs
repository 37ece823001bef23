using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Insight;

/// <summary>The pages of heaps: their classes add up, and what a trim is said to give is what it then gives.</summary>
[Trait("Category", "Live")]
public sealed class HeapPagesTests
{
    private const ulong PageSize = 4096;

    private static readonly string[][] s_situations =
    [
        ["one"], ["fastbins"], ["unsorted"], ["bins"], ["tcaches"], ["arenas", "3"], ["ended"], ["heaps"], ["shrunk"], ["mmapped"],
        ["foreign"], ["noBreak"], ["locked"], ["churn", "1", "1", "30000"], ["churn", "2", "4", "20000"], ["churn", "3", "16", "6000"],
    ];

    public static TheoryData<string, string> Runs
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string[] situation in s_situations)
            {
                rows.Add(string.Join(' ', situation), "");
                foreach (GlibcRelease release in GlibcRelease.Unpacked)
                {
                    rows.Add(string.Join(' ', situation), release.Name);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_trim_gives_what_was_said(string situation, string release)
    {
        using HeapProgram program = Start(situation, release);
        JsonElement[] arenas = Arenas(program.Pid);
        ulong predicted = Sum(arenas, a => a.GetProperty("trimmableBytes").GetUInt64());
        Assert.Equal((long)predicted, program.Trim());

        // What can go back has gone back.
        Assert.Equal(0UL, Sum(Arenas(program.Pid), a => a.GetProperty("trimmableBytes").GetUInt64()));
    }

    // Then the break goes down by huge pages. Not every start of this glibc heeds it; what is said holds either way.
    [Fact]
    public void A_trim_of_a_heap_in_huge_steps_gives_what_was_said()
    {
        var environment = new Dictionary<string, string> { ["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1" };
        for (int start = 0; start < 6; start++)
        {
            using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["churn", "1", "1", "30000"], environment);
            ulong predicted = Sum(Arenas(program.Pid), a => a.GetProperty("trimmableBytes").GetUInt64());
            Assert.Equal((long)predicted, program.Trim());
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_classes_add_up_to_the_pages_of_the_segments(string situation, string release)
    {
        using HeapProgram program = Start(situation, release);
        foreach (JsonElement arena in Arenas(program.Pid))
        {
            var pages = arena.GetProperty("segments").EnumerateArray().SelectMany(s => PagesOf(s.GetProperty("start"), s.GetProperty("end"))).ToHashSet();
            JsonElement classes = arena.GetProperty("pages");
            Assert.Equal((ulong)pages.Count, classes.EnumerateObject().Aggregate(0UL, (sum, c) => sum + c.Value.GetUInt64()));
            Assert.Equal(0UL, classes.GetProperty("unknown").GetUInt64());
            JsonElement[] segments = [.. arena.GetProperty("segments").EnumerateArray().Select(s => s.GetProperty("pages"))];
            Assert.All(classes.EnumerateObject(), c => Assert.Equal(c.Value.GetUInt64(), Sum(segments, s => s.GetProperty(c.Name).GetUInt64())));

            // Free bytes are on pages with free bytes, at least one each, and at most all of them.
            ulong free = classes.GetProperty("free").GetUInt64();
            ulong mixed = classes.GetProperty("mixed").GetUInt64();
            Assert.InRange(arena.GetProperty("residentFreeBytes").GetUInt64(), (free * PageSize) + mixed, (free + mixed) * PageSize);
        }
    }

    // The picture shows as many pages of each kind as JSON counts.
    [Theory]
    [InlineData("bins")]
    [InlineData("arenas 3")]
    [InlineData("heaps")]
    [InlineData("churn 1 1 30000")]
    public void The_picture_by_pages_has_what_is_counted(string situation)
    {
        using HeapProgram program = Start(situation, "");
        string[] lines = CommandRun.Run($"{program.Pid}", "--show", "heaps", "--heap-by", "pages", "--legend", "none", "--no-fold").Text.TrimEnd('\n').Split('\n');
        string[] drawn = [.. string.Join('\n', lines).Split("\narena ")[1..].Select(a => string.Concat(a.Split('\n')[1..].Select(row => row[20..])))];
        string[] counted =
        [
            .. Arenas(program.Pid).Select(a => a.GetProperty("pages")).Select(p =>
                Pixels('l', p, "live") + Pixels('m', p, "mixed") + Pixels('f', p, "free") + Pixels('.', p, "absent") + Pixels('?', p, "unknown")),
        ];
        Assert.Contains(counted, c => c.Contains('m', StringComparison.Ordinal));
        Assert.Equal(counted, drawn.Select(d => string.Concat(d.Select(c => c is '1' or '2' or '3' ? 'm' : c).OrderBy(c => "lmf.?".IndexOf(c, StringComparison.Ordinal)))));

        static string Pixels(char pixel, JsonElement pages, string name) => new(pixel, pages.GetProperty(name).GetInt32());
    }

    private static HeapProgram Start(string situation, string release)
    {
        GlibcRelease? found = GlibcRelease.Unpacked.SingleOrDefault(r => r.Name == release);
        string program = found is null ? "heap" : $"heap-{found.Architecture}";
        return new HeapRun(situation, program, new HeapVariant(situation, situation.Split(' ')), found).Start();
    }

    private static JsonElement[] Arenas(int pid)
    {
        CommandResult result = CommandRun.Run(pid.ToString(CultureInfo.InvariantCulture), "--format", "json");
        Assert.True(result.ExitCode == 0, result.ToString());
        return [.. JsonDocument.Parse(result.Output).RootElement.GetProperty("heaps").GetProperty("arenas").EnumerateArray()];
    }

    private static IEnumerable<ulong> PagesOf(JsonElement start, JsonElement end)
    {
        for (ulong page = Address(start) / PageSize; page * PageSize < Address(end); page++)
        {
            yield return page;
        }
    }

    private static ulong Address(JsonElement text) => ulong.Parse(text.GetString().AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static ulong Sum(JsonElement[] arenas, Func<JsonElement, ulong> of) => arenas.Aggregate(0UL, (sum, a) => sum + of(a));
}
