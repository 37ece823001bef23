using System.Globalization;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>A heap that a faulty program has broken: what is broken is named, and the rest is shown.</summary>
[Trait("Category", "Live")]
public sealed class DamagedHeapTests
{
    // A block, and what lies in its neighbourhood, may be lost with the one that is broken.
    private const double MostLost = 0.02;

    private static readonly string[] Kinds =
    [
        "sizeHuge", "sizeZero", "sizeUneven", "overflow", "freeSize", "linkWild", "unlinked", "binTwice", "cacheTwice", "cacheWild",
        "cacheLive", "fastCycle", "topHuge", "topSmall", "mappedSize", "threadSize", "heapHead", "ringCut", "ringCycle", "mainTop", "binWild",
    ];

    public static TheoryData<string, string> Damages
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string kind in Kinds)
            {
                rows.Add(kind, "");
                foreach (GlibcRelease release in GlibcRelease.Unpacked)
                {
                    rows.Add(kind, release.Name);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void Damage_is_named_with_its_place(string kind, string release)
    {
        HeapLook look = LookAt(kind, release);
        string problems = string.Join('\n', look.Heaps.AllProblems);
        ulong chunk = look.Truth.Damaged!.Value;
        // By its chunk's address or the one that the program knows.
        string[] places = [Hex(chunk), Hex(chunk + (2 * look.Word))];
        Assert.True(places.Any(place => problems.Contains($"{place}\"", StringComparison.Ordinal)), $"broken at {places[0]}:\n{problems}");
        Assert.Equal(4, look.Json.ExitCode);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void The_parts_of_a_damaged_arena_add_up(string kind, string release)
    {
        foreach (ShownArena arena in LookAt(kind, release).Heaps.Arenas)
        {
            ulong parts = arena.Bytes("used", "tcache", "fast", "unsorted", "small", "large")
                + arena.TopBytes + arena.OverheadBytes + arena.UnknownBytes;
            Assert.Equal(arena.SystemBytes, parts);
        }
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void What_is_whole_is_shown(string kind, string release)
    {
        HeapLook look = LookAt(kind, release);
        ILookup<ulong, ShownBlock> rows = look.Blocks.ToLookup(row => row.Address);
        ulong[] lost =
        [
            .. look.Truth.Blocks.Where(block => !rows[block.Key].Any(r => r.State is "used" or "mmapped" && r.Usable == block.Value)).Select(b => b.Key),
        ];
        Assert.True(lost.Length <= look.Truth.Blocks.Count * MostLost, $"{lost.Length} of {look.Truth.Blocks.Count} are lost");
        Assert.Equal(4, look.Csv.ExitCode);
    }

    [Fact]
    public void Every_damage_that_the_heap_program_knows_is_tested()
    {
        string[] known = Launch.Run(TargetProgram.PathOf("heap"), "damages").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(known.Except(["READY"]).Order(), Kinds.Order());
    }

    private static HeapLook LookAt(string kind, string release)
    {
        GlibcRelease? found = GlibcRelease.Unpacked.SingleOrDefault(r => r.Name == release);
        string program = found is null ? "heap" : $"heap-{found.Architecture}";
        return HeapLook.At(new HeapRun($"damage {kind} {release}", program, new HeapVariant(kind, ["damage", kind]), found));
    }

    private static string Hex(ulong address) => "0x" + address.ToString("x", CultureInfo.InvariantCulture);
}
