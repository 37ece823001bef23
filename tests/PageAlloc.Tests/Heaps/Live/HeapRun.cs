using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>A way to make a heap: the situation that the heap program builds, with its arguments, and what glibc is told in the environment.</summary>
internal sealed record HeapVariant(string Name, string[] Arguments, IReadOnlyDictionary<string, string>? Environment = null);

/// <summary>A variant made by a build of the heap program, under the machine's glibc or an unpacked one.</summary>
internal sealed record HeapRun(string Name, string Program, HeapVariant Variant, GlibcRelease? Release = null)
{
    /// <summary>Starts it.</summary>
    /// <param name="folder">Its working directory; null for any.</param>
    public HeapProgram Start(string? folder = null) => Release is null
        ? HeapProgram.Start(TargetProgram.PathOf(Program), Variant.Arguments, Variant.Environment, folder)
        : HeapProgram.Start(
            Release.Loader,
            ["--library-path", Release.Libraries, TargetProgram.PathOf(Program), .. Variant.Arguments],
            Variant.Environment,
            folder);

    public override string ToString() => Name;
}

/// <summary>All runs whose truth is complete: totals, malloc_info and every live block.</summary>
internal static class HeapRuns
{
    /// <summary>A stand-in for the releases where none is unpacked.</summary>
    public const string NoRelease = "no release";

    /// <summary>Why such a test skips.</summary>
    public const string NoReleaseReason = "no other glibc is unpacked: tests/glibc/fetch does it";

    /// <summary>The situations that tell no totals have tests of their own.</summary>
    public static readonly string[] Untold = ["big", "busy", "busyAlone", "idle", "damage", "damages", "swapped", "merged", "sparse",
        "findTrimmable", "findPinned", "findTops", "findArenas", "findThreshold", "findTcaches", "findOrphans", "findSwapped", "findOther", "findHuge", "findNothing"];

    private static readonly string[] HostPrograms = ["heap", "heap-storage", "heap-static", "heap-static-pie", "heap32"];

    private static readonly HeapVariant[] Variants =
    [
        Plain("one"), Plain("fastbins"), Plain("tcache-full"), Plain("unsorted"), Plain("bins"), Plain("lastBins"), Plain("tcaches"), Plain("allocated"), Plain("longLists"),
        Plain("mmapped"), Plain("mmappedAligned"), Plain("mremapped"), Plain("decoy"),
        Plain("arenas"), Plain("ownStacks"), Plain("sharedArena"), Plain("ended"), Plain("heaps"), Plain("shrunk"), Plain("forked"),
        Plain("foreign"), Plain("noncontiguous"), Plain("alternating"), Plain("noBreak"), Plain("pins"), Plain("endedHigh"), Plain("locked"),
        Churn("alone", 1, 1, 30000), Churn("4 threads", 2, 4, 20000), Churn("16 threads", 3, 16, 6000),
        Tuned("mmap_threshold", "mmap_threshold=131072"), Tuned("mmap_max", "mmap_max=0"), Tuned("top_pad", "top_pad=1048576"),
        Tuned("perturb", "perturb=165"), Tuned("hugetlb=1", "hugetlb=1"), Tuned("hugetlb=2", "hugetlb=2"),
        Tuned("tcache_count=0", "tcache_count=0"), Tuned("tcache_count=100", "tcache_count=100"),
        Tuned("tcache_max=100", "tcache_max=100"), Tuned("tcache_max=100000", "tcache_max=100000"),
        Tuned("mxfast=0", "mxfast=0"), Tuned("mxfast=160", "mxfast=160"), Tuned("arena_max=1", "arena_max=1"),
    ];

    // What the host's own builds add: a second libc is looked for by name, which an unpacked release may not find.
    private static readonly HeapVariant[] OfHost =
    [
        Plain("dlmopened"),
        new("checked", ["churn", "5", "4", "8000"], new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = "libc_malloc_debug.so.0",
            ["MALLOC_CHECK_"] = "3",
        }),
    ];

    // Where it matters how a program was linked.
    private static readonly string[] OfOtherBuilds =
    [
        "one", "tcaches", "allocated", "mmapped", "mmappedAligned", "arenas", "heaps", "forked", "foreign", "noncontiguous", "noBreak",
        "churn alone", "churn 16 threads", "churn hugetlb=2",
    ];

    private static readonly Dictionary<string, HeapRun> ByName = Make().ToDictionary(run => run.Name);

    public static IEnumerable<string> Names => ByName.Keys;

    public static IEnumerable<string> NamesOfHost => ByName.Values.Where(run => run.Release is null).Select(run => run.Name);

    public static IEnumerable<string> Situations => Variants.Concat(OfHost).Select(v => v.Arguments[0]).Distinct();

    public static HeapRun Get(string name)
    {
        Skips.Unless(name != NoRelease, NoReleaseReason);
        return ByName[name];
    }

    private static IEnumerable<HeapRun> Make()
    {
        foreach (string program in Programs())
        {
            foreach (HeapVariant variant in program == "heap" ? Variants.Concat(OfHost) : Variants.Where(v => OfOtherBuilds.Contains(v.Name)))
            {
                yield return new HeapRun($"{program} {variant.Name}", program, variant);
            }
        }

        if (GlibcRelease.Unpacked.Count == 0)
        {
            yield return new HeapRun(NoRelease, "", Variants[0]);
        }

        foreach (GlibcRelease release in GlibcRelease.Unpacked)
        {
            foreach (HeapVariant variant in Variants)
            {
                yield return new HeapRun($"{release.Name} {variant.Name}", $"heap-{release.Architecture}", variant, release);
            }
        }
    }

    // The 32-bit one is there only where a 32-bit libc is installed.
    private static IEnumerable<string> Programs() => HostPrograms.Where(program => File.Exists(TargetProgram.PathOf(program)));

    private static HeapVariant Plain(string situation) => new(situation, [situation]);

    private static HeapVariant Churn(string name, int seed, int threads, int operations) =>
        new($"churn {name}", ["churn", $"{seed}", $"{threads}", $"{operations}"]);

    private static HeapVariant Tuned(string name, string tunable) =>
        new($"churn {name}", ["churn", "4", "4", "8000"], new Dictionary<string, string> { ["GLIBC_TUNABLES"] = "glibc.malloc." + tunable });
}
