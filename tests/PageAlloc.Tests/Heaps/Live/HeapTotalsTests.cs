using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>Number for number with glibc: every total of the contract against mallinfo2 and malloc_info of the target itself.</summary>
[Trait("Category", "Live")]
public sealed class HeapTotalsTests
{
    private const ulong MostDrift = 1 << 16;

    public static TheoryData<string> Runs => new(HeapRuns.Names);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Totals_equal_mallinfo2(string run)
    {
        HeapLook look = HeapLook.At(run);
        ShownHeaps heaps = look.Heaps;
        SortedDictionary<string, ulong> shown = heaps.Totals;
        var told = new SortedDictionary<string, ulong>(look.Truth.Totals.ToDictionary());
        if (CounterDrifts(look))
        {
            ulong drift = Math.Max(told["hblkhd"], shown["hblkhd"]) - Math.Min(told["hblkhd"], shown["hblkhd"]);
            Assert.True(drift % (2 * look.Word) == 0 && drift < MostDrift, $"{told["hblkhd"]} told, {shown["hblkhd"]} shown");
            Assert.Equal(0UL, shown["hblkhd"] % (ulong)Environment.SystemPageSize);
            told["hblkhd"] = shown["hblkhd"];
        }

        Assert.Equal(Lines(told), Lines(shown));
        Assert.Equal("", string.Join('\n', heaps.AllProblems));
        Assert.Equal(0UL, heaps.Sum(a => a.UnknownBytes));
        Assert.Equal(0, heaps.Result.ExitCode);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Allocator_and_release_are_named(string run)
    {
        HeapLook look = HeapLook.At(run);
        Assert.Equal("glibc", look.Heaps.Allocator);
        string? release = look.Run.Release?.Version
            ?? (look.Run.Program is "heap" or "heap-storage" ? Launch.Run("getconf", "GNU_LIBC_VERSION").Split(' ')[1].Trim() : null);
        // A static program carries no name of its release: what is said of it must be true, or nothing.
        if (release is not null)
        {
            Assert.Equal(release, look.Heaps.Version);
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_parts_of_an_arena_add_up(string run)
    {
        foreach (ShownArena arena in HeapLook.At(run).Heaps.Arenas)
        {
            ulong parts = arena.Bytes("used", "tcache", "fast", "unsorted", "small", "large")
                + arena.TopBytes + arena.OverheadBytes + arena.UnknownBytes;
            Assert.True(parts == arena.SystemBytes, $"arena 0x{arena.Address:x}: {parts} of {arena.SystemBytes}");
            // The main arena's bytes may lie apart, with others' between.
            ulong segments = arena.Segments.Aggregate(0UL, (sum, s) => sum + s.Length);
            Assert.True(segments == arena.SystemBytes, $"arena 0x{arena.Address:x}: segments of {segments}, {arena.SystemBytes} from the system");
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Arenas_equal_malloc_info(string run)
    {
        HeapLook look = HeapLook.At(run);
        // malloc_info goes round the ring of its own library; where there are two, each has a main arena that starts one.
        List<ShownArena> arenas = [.. look.Heaps.Arenas];
        Assert.Equal(look.Truth.Libraries, arenas.Count(a => a.IsMain));
        if (look.Truth.Libraries == 1)
        {
            Assert.Equal(look.Truth.Infos.Count, arenas.Count);
            Assert.True(arenas[0].IsMain);
        }

        Assert.Equal(
            look.Truth.Infos.Select(Line).Order(StringComparer.Ordinal),
            arenas.Select(Line).Where(line => look.Truth.Libraries == 1 || look.Truth.Infos.Select(Line).Contains(line)).Order(StringComparer.Ordinal));
    }

    // Since 2.43 each mremap leaves glibc's counter of mapped bytes off by a chunk's header.
    private static bool CounterDrifts(HeapLook look) =>
        look.Run.Release is { } release && Version.Parse(release.Version) >= new Version(2, 43);

    private static string Lines(IEnumerable<KeyValuePair<string, ulong>> values) => string.Join('\n', values.Select(v => $"{v.Key} {v.Value}"));

    private static string Line(HeapInfo info) =>
        $"system {info.SystemBytes} fast {info.FastBlocks} {info.FastBytes} rest {info.RestBlocks} {info.RestBytes - (info.RestBlocks - 1)} heaps {info.Heaps}";

    private static string Line(ShownArena a)
    {
        string[] binned = ["unsorted", "small", "large"];
        int? heaps = a.IsMain ? null : a.Segments.Count;
        return $"system {a.SystemBytes} fast {a.Blocks("fast")} {a.Bytes("fast")} rest {1 + a.Blocks(binned)} {a.Bytes(binned) + a.TopBytes} heaps {heaps}";
    }
}
