using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>Heaps that the kernel has paged out: it is said what can't be seen, nothing is taken for damage, and nothing comes back by looking.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class SwappedHeapTests
{
    private static readonly string[] s_ofOneThread = ["fastbins", "unsorted", "bins", "noncontiguous"];

    private static readonly string[] s_ofThreads = ["tcaches", "arenas 3", "heaps"];

    private static readonly string[] s_parts = ["the main heap", "its first page", "its last page", "libc's data", "stacks", "everything"];

    public static IEnumerable<TheoryDataRow<string, string>> Cases =>
        from situation in s_ofOneThread.Concat(s_ofThreads)
        from part in s_ofThreads.Contains(situation) ? [.. s_parts, "thread heaps", "their first pages"] : s_parts
        select new TheoryDataRow<string, string>(situation, part);

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_paged_out_is_said_and_left_so(string situation, string part)
    {
        using SystemState swap = SystemState.Swap();
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), situation.Split(' '));
        HeapTruth truth = HeapTruth.Parse(program.Lines);
        AddressRange[] ranges = RangesOf(program.Pid, part);
        Assert.NotEmpty(ranges);
        SituationLook.Settle(program.Pid);
        PageOut(program.Pid, ranges);
        Vitals before = Vitals.Of(program.Pid);
        ShownHeaps heaps = ShownHeaps.Of(program.Pid);
        CommandResult blocks = CommandRun.Run("blocks", $"{program.Pid}"), map = CommandRun.Run($"{program.Pid}");
        Assert.Equal(before, Vitals.Of(program.Pid));

        Assert.Equal((0, 0, 0), (heaps.Result.ExitCode, blocks.ExitCode, map.ExitCode));
        Assert.All(heaps.AllProblems, p => Assert.Contains("\"id\":\"swapped\"", p.Text, StringComparison.Ordinal));
        AssertSwapIsTheKernels(program.Pid, heaps.Result);
        AssertAddsUp(heaps);
        bool isWhole = truth.Totals.OrderBy(t => t.Key, StringComparer.Ordinal).SequenceEqual(heaps.Totals);
        Assert.True(isWhole || heaps.AllProblems.Any() || heaps.Sum(a => a.UnknownBytes) != 0, "numbers are missing, and nothing is said");

        ShownHeaps whole = ShownHeaps.Of(program.Pid, "--swap-in");
        Assert.Equal(0, whole.Result.ExitCode);
        Assert.Empty(whole.AllProblems);
        Assert.Equal(0UL, whole.Sum(a => a.UnknownBytes));
        Assert.Equal(truth.Totals.OrderBy(t => t.Key, StringComparer.Ordinal), whole.Totals);
    }

    // Each mapping's swapped pages, as smaps has them; and those of heaps, as pagemap has them.
    private static void AssertSwapIsTheKernels(int pid, CommandResult result)
    {
        JsonElement document = JsonDocument.Parse(result.Output).RootElement;
        Smaps smaps = Smaps.Read(pid);
        Assert.NotEqual(0UL, smaps.Sum("Swap"));
        var swapped = document.GetProperty("mappings").EnumerateArray().ToDictionary(
            m => Address(m, "start"), m => m.GetProperty("pages").GetProperty("swapped").GetUInt64() * (ulong)Environment.SystemPageSize);
        Assert.All(smaps.Mappings.Where(m => m.Bytes("Swap") != 0), m => Assert.Equal(m.Bytes("Swap"), swapped[m.Start]));
        Assert.Equal(smaps.Sum("Swap"), swapped.Values.Aggregate(0UL, (sum, bytes) => sum + bytes));
        foreach (JsonElement arena in document.GetProperty("heaps").GetProperty("arenas").EnumerateArray())
        {
            AddressRange[] segments = [.. arena.GetProperty("segments").EnumerateArray().Select(s => new AddressRange(Address(s, "start"), Address(s, "end")))];
            JsonElement pages = arena.GetProperty("pages");
            ulong known = ((string[])["swappedLive", "swappedMixed", "swappedFree"]).Aggregate(0UL, (sum, name) => sum + pages.GetProperty(name).GetUInt64());
            Assert.InRange((ulong)segments.Sum(s => Pagemap(pid, s).Count(IsSwapped)), known, known + pages.GetProperty("unknown").GetUInt64());
        }
    }

    private static void AssertAddsUp(ShownHeaps heaps)
    {
        foreach (ShownArena arena in heaps.Arenas)
        {
            ulong parts = arena.Bytes("used", "tcache", "fast", "unsorted", "small", "large") + arena.TopBytes + arena.OverheadBytes + arena.UnknownBytes;
            Assert.Equal(arena.SystemBytes, parts);
        }
    }

    private static AddressRange[] RangesOf(int pid, string part)
    {
        SmapsMapping[] writable = [.. Smaps.Read(pid).Mappings.Where(m => m.Permissions == "rw-p")];
        ulong page = (ulong)Environment.SystemPageSize;
        AddressRange[] heap = [.. writable.Where(m => m.Name == "[heap]").Select(RangeOf)];
        AddressRange[] threads = [.. writable.Where(m => m.Name.Length == 0 && m.Start % (64 << 20) == 0).Select(RangeOf)];
        AddressRange[] libc = [.. writable.Where(m => m.Name.EndsWith("/libc.so.6", StringComparison.Ordinal)).Select(RangeOf)];
        AddressRange[] stacks = [.. writable.Where(m => m.Name.Length == 0).Select(RangeOf).Except(threads)];
        return part switch
        {
            "the main heap" => heap,
            "its first page" => [.. heap.Select(r => r with { End = r.Start + page })],
            "its last page" => [.. heap.Select(r => LastTouched(pid, r))],
            "thread heaps" => threads,
            "their first pages" => [.. threads.Select(r => r with { End = r.Start + page })],
            "libc's data" => libc,
            "stacks" => stacks,
            _ => [.. heap, .. threads, .. libc, .. stacks],
        };
    }

    private static AddressRange RangeOf(SmapsMapping mapping) => new(mapping.Start, mapping.End);

    private static AddressRange LastTouched(int pid, AddressRange range)
    {
        ulong page = (ulong)Environment.SystemPageSize;
        ulong start = range.Start + ((ulong)Array.FindLastIndex(Pagemap(pid, range), entry => entry >> 63 != 0) * page);
        return new AddressRange(start, start + page);
    }

    private static bool IsSwapped(ulong entry) => (entry >> 62 & 1) != 0;

    private static ulong[] Pagemap(int pid, AddressRange range)
    {
        using FileStream file = File.OpenRead($"/proc/{pid}/pagemap");
        ulong page = (ulong)Environment.SystemPageSize, first = range.Start / page;
        var bytes = new byte[8 * (int)(((range.End - 1) / page) - first + 1)];
        file.Position = (long)(first * 8);
        file.ReadExactly(bytes);
        return [.. Enumerable.Range(0, bytes.Length / 8).Select(i => BitConverter.ToUInt64(bytes, 8 * i))];
    }

    private static void PageOut(int pid, AddressRange[] ranges)
    {
        string said = Launch.Run(TargetProgram.PathOf("pageout"), [$"{pid}", .. ranges.Select(r => $"{r.Start:x}-{r.End:x}")]);
        Skips.Unless(said.Length == 0, "pages cannot be swapped out here");
    }

    private static ulong Address(JsonElement element, string name) =>
        ulong.Parse(element.GetProperty(name).GetString().AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
