using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Insight;

/// <summary>Each finding: a program that shows it, one close to it that must not, and what is gained when its advice is followed.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class FindingsTests
{
    private const ulong PageSize = 4096, Kib = 1024, Mib = 1024 * Kib;

    /// <summary>The finding; the program that shows it; one, with a setting, that is close to it.</summary>
    public static TheoryData<string, string, string, string?> Neighbours => new()
    {
        { "trimmable", "findTrimmable 16", "findTrimmable 16 pinned", null },
        { "pinned", "findPinned 16 between", "findPinned 16 dense", null },
        { "keptTops", "findTops 4 grown", "findTops 4 usual", null },
        { "keptTops", "findTops 4 grown", "findTops 1 grown", "MALLOC_ARENA_MAX=1" },
        { "fewerArenas", "findArenas 6 stay", "findArenas 6 full", null },
        { "fewerArenas", "findArenas 6 stay", "findArenas 6 end", null },
        { "fewerArenas", "findArenas 6 stay", "findArenas 1 stay", null },
        { "idleArenas", "findArenas 6 end", "findArenas 6 stay", null },
        { "grownThreshold", "findThreshold 524288 grown", "findThreshold 65536 grown", null },
        { "grownThreshold", "findThreshold 524288 grown", "findThreshold 65536 usual", null },
        { "grownThreshold", "findThreshold 524288 grown", "findThreshold 524288 usual", "MALLOC_MMAP_THRESHOLD_=1048576" },
        { "largeTcaches", "findTcaches 8 full", "findTcaches 8 little", null },
        { "largeTcaches", "findTcaches 8 full", "findOrphans 8 late", null },
        { "orphanTcaches", "findOrphans 8 late", "findTcaches 8 full", null },
        { "otherMemory", "findOther 32 mapped", "findOther 32 malloc", null },
        { "nothingToGain", "findNothing", "findTrimmable 16", null },
    };

    [Theory]
    [MemberData(nameof(Neighbours))]
    public void It_is_found_and_what_is_close_to_it_is_not(string id, string shows, string isClose, string? setting)
    {
        using ShownFindings shown = ShownFindings.Of(shows), close = ShownFindings.Of(isClose, setting);
        shown.The(id);
        close.AssertNot(id);
    }

    /// <summary>The finding; its program; that with the advice followed, by a setting or by itself; the least part that is gained, in percent.</summary>
    public static TheoryData<string, string, string, string?, int> Advice => new()
    {
        { "pinned", "findPinned 16 between", "findPinned 16 before", null, 95 },
        { "keptTops", "findTops 4 grown", "findTops 4 grown", "MALLOC_TRIM_THRESHOLD_=131072", 90 },
        { "fewerArenas", "findArenas 6 stay", "findArenas 6 stay", "MALLOC_ARENA_MAX=2", 70 },
        { "idleArenas", "findArenas 6 end", "findArenas 6 end", "MALLOC_ARENA_MAX=2", 70 },
        { "grownThreshold", "findThreshold 524288 grown", "findThreshold 524288 grown", "MALLOC_MMAP_THRESHOLD_=131072", 95 },
        { "largeTcaches", "findTcaches 8 full", "findTcaches 8 full", "GLIBC_TUNABLES=glibc.malloc.tcache_count=2", 50 },
    };

    [Theory]
    [MemberData(nameof(Advice))]
    public void The_advice_gains_no_more_than_was_said_and_much_of_it(string id, string shows, string follows, string? setting, int leastPercent)
    {
        using ShownFindings shown = ShownFindings.Of(shows), followed = ShownFindings.Of(follows, setting);
        ShownFinding finding = shown.The(id);
        Assert.True(setting is null || finding.Advice.Contains(setting, StringComparison.Ordinal), finding.Advice);
        long gain = (long)shown.PrivateBytes - (long)followed.PrivateBytes;

        // Private memory comes in pages, what is free in bytes.
        long most = (long)(((finding.Bytes + PageSize - 1) / PageSize) * PageSize);
        Assert.True(gain <= most && gain * 100 >= (long)finding.Bytes * leastPercent, $"{id}: said {finding.Bytes}, gained {gain}");
        followed.AssertNot(id);
    }

    [Fact]
    public void Fewer_arenas_gain_nothing_where_peaks_come_together_and_that_is_said()
    {
        using ShownFindings shown = ShownFindings.Of("findArenas 6 together"), followed = ShownFindings.Of("findArenas 6 together", "MALLOC_ARENA_MAX=2");
        ShownFinding finding = shown.The("fewerArenas");
        Assert.Equal("notice", finding.Severity);
        Assert.Contains("nothing where they have them together", finding.Text, StringComparison.Ordinal);
        long gain = (long)shown.PrivateBytes - (long)followed.PrivateBytes;
        Assert.True(Math.Abs(gain) * 10 < (long)finding.Bytes, $"said {finding.Bytes} at most, gained {gain}");
    }

    [Theory]
    [InlineData("findTrimmable 16")]
    [InlineData("findArenas 6 stay")]
    [InlineData("findThreshold 524288 grown")]
    public void A_trim_gains_what_was_said(string situation)
    {
        using ShownFindings shown = ShownFindings.Of(situation);
        ulong said = shown.The("trimmable").Bytes;
        long gain = shown.Program.Trim();
        Assert.True(Math.Abs(gain - (long)said) * 100 <= (long)said, $"said {said}, gained {gain}");
        Assert.DoesNotContain(ShownFindings.Look(shown.Program.Pid), f => f.Id == "trimmable");
    }

    [Fact]
    public void The_bytes_are_those_that_the_programs_know_of()
    {
        using ShownFindings pinned = ShownFindings.Of("findPinned 16 between"), holes = ShownFindings.Of("findThreshold 524288 grown"),
            tops = ShownFindings.Of("findTops 4 grown"), caches = ShownFindings.Of("findTcaches 8 full"), orphans = ShownFindings.Of("findOrphans 8 late");

        // All that was freed is on pages with a block that stays, but for what lies on the page at either end.
        Assert.InRange(pinned.The("pinned").Bytes, pinned.Told("freed") - PageSize, pinned.Told("freed") + (2 * PageSize));
        Assert.Equal(holes.Told("freed"), holes.The("grownThreshold").Bytes);
        Assert.Equal(orphans.Told("cached"), orphans.The("orphanTcaches").Bytes);

        // The main thread, which starts the others, caches little.
        Assert.InRange(caches.The("largeTcaches").Bytes, caches.Told("cached"), caches.Told("cached") + (2 * PageSize));

        // In each of four threads 64 blocks of 64 KiB, each with a header: the whole pages of these.
        Assert.InRange(tops.The("keptTops").Bytes, 4 * ((4 * Mib) - (2 * PageSize)), 4 * ((4 * Mib) + (2 * PageSize)));
    }

    [Theory]
    [InlineData("findOrphans 8 early")]
    [InlineData("findOrphans 8 exec")]
    public void A_child_of_no_threads_has_lost_nothing(string situation)
    {
        using ShownFindings shown = ShownFindings.Of("findOrphans 8 late"), followed = ShownFindings.Of(situation);
        followed.AssertNot("orphanTcaches");

        // With the caches their arenas are gone too.
        long gain = (long)shown.PrivateBytes - (long)followed.PrivateBytes, said = (long)shown.The("orphanTcaches").Bytes;
        Assert.True(gain >= said && gain <= 2 * said, $"said {said}, gained {gain}");
    }

    [Theory]
    [InlineData("MALLOC_ARENA_MAX=1")]
    [InlineData("MALLOC_MMAP_THRESHOLD_=131072")]
    [InlineData("MALLOC_TRIM_THRESHOLD_=131072")]
    [InlineData("GLIBC_TUNABLES=glibc.malloc.tcache_count=2")]
    public void Other_memory_stays_whatever_malloc_is_told(string setting)
    {
        using ShownFindings shown = ShownFindings.Of("findOther 32 mapped"), set = ShownFindings.Of("findOther 32 mapped", setting);
        ShownFinding finding = shown.The("otherMemory");
        string at = Assert.Single(shown.Program.Lines, l => l.StartsWith("at ", StringComparison.Ordinal))[3..];
        Assert.Contains($"is at {at}, with 32.0 MiB", finding.Text, StringComparison.Ordinal);
        Assert.InRange(finding.Bytes, 32 * Mib, (32 * Mib) + (64 * Kib));
        long gain = (long)shown.PrivateBytes - (long)set.PrivateBytes;
        Assert.True(Math.Abs(gain) * 100 < (long)finding.Bytes, $"said {finding.Bytes}, changed by {gain}");
        shown.The("nothingToGain");
    }

    [Theory]
    [InlineData("findHuge 32 asked", null, "findHuge 32 disabled", "prctl(PR_SET_THP_DISABLE)")]
    [InlineData("findHuge 32", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1", "findHuge 32", "unset glibc.malloc.hugetlb")]
    public void Heap_in_huge_pages_is_gained_without_them(string shows, string? setting, string follows, string advice)
    {
        using SystemState state = SystemState.HugePageMode("madvise");
        using ShownFindings shown = WithHugePages(shows, setting), followed = ShownFindings.Of(follows);
        ShownFinding finding = shown.The("hugePages");
        Assert.Contains(advice, finding.Advice, StringComparison.Ordinal);
        Assert.True(finding.Bytes <= Smaps.Read(shown.Program.Pid).Sum("AnonHugePages"), $"{finding.Bytes} are more than all huge pages");
        long gain = (long)shown.PrivateBytes - (long)followed.PrivateBytes;
        Assert.True(gain <= (long)finding.Bytes && gain * 100 >= (long)finding.Bytes * 80, $"said {finding.Bytes}, gained {gain}");
        followed.AssertNot("hugePages");
    }

    // glibc 2.36 compares what it read of the kernel's setting without its end, so that it heeds the tunable only by chance.
    private static ShownFindings WithHugePages(string situation, string? setting)
    {
        for (int attempt = 0; attempt < 20; attempt++)
        {
            ShownFindings shown = ShownFindings.Of(situation, setting);
            if (Smaps.Read(shown.Program.Pid).Sum("AnonHugePages") != 0)
            {
                return shown;
            }

            shown.Dispose();
        }

        Skips.Because("no memory for 2M pages");
        throw new InvalidOperationException();
    }

    [Fact]
    public void Heap_in_swap_is_told_to_the_page_and_other_memory_there_is_not()
    {
        using SystemState swap = SystemState.Swap();
        using ShownFindings heap = ShownFindings.Of("findSwapped 16 heap"), other = ShownFindings.Of("findSwapped 16 other"),
            locked = ShownFindings.Of("findSwapped 16 locked");
        heap.AssertNot("swappedHeap");
        PageOut(heap);
        PageOut(other);
        ulong swapped = Smaps.Read(heap.Program.Pid).Mappings.Single(m => m.Name == "[heap]").Bytes("Swap");
        Assert.True(swapped > 15 * Mib, $"{swapped} bytes are in swap");
        ShownFinding finding = Assert.Single(ShownFindings.Look(heap.Program.Pid), f => f.Id == "swappedHeap");
        Assert.Equal(swapped, finding.Bytes);

        // What is not known can't be said to hold nothing.
        Assert.DoesNotContain(ShownFindings.Look(heap.Program.Pid), f => f.Id == "nothingToGain");
        Assert.True(Smaps.Read(other.Program.Pid).Sum("Swap") > 15 * Mib);
        Assert.DoesNotContain(ShownFindings.Look(other.Program.Pid), f => f.Id == "swappedHeap");

        // With the advice followed the kernel refuses to.
        Assert.Throws<InvalidOperationException>(() => PageOut(locked));
        Assert.Equal(0UL, Smaps.Read(locked.Program.Pid).Sum("Swap"));
    }

    [Fact]
    public void Of_a_damaged_heap_nothing_else_is_said()
    {
        using HeapProgram sound = HeapProgram.Start(TargetProgram.PathOf("heap"), ["churn", "5", "1", "20000"]),
            damaged = HeapProgram.Start(TargetProgram.PathOf("heap"), ["damage", "overflow"]);
        Assert.DoesNotContain(ShownFindings.Look(sound.Pid), f => f.Id == "brokenHeap");
        ShownFinding finding = Assert.Single(ShownFindings.Look(damaged.Pid, exitCode: 4));
        Assert.Equal(("brokenHeap", "warning"), (finding.Id, finding.Severity));
        string line = Assert.Single(damaged.Lines, l => l.StartsWith("damage ", StringComparison.Ordinal));
        Assert.Contains(line.Split(' ')[2], finding.Text, StringComparison.Ordinal);
    }

    private static void PageOut(ShownFindings shown)
    {
        string range = Assert.Single(shown.Program.Lines, l => l.StartsWith("range ", StringComparison.Ordinal)).Split(' ')[1];
        string said = Launch.Run(TargetProgram.PathOf("pageout"), $"{shown.Program.Pid}", range);
        Skips.Unless(said.Length == 0, "pages cannot be swapped out here");
    }
}
