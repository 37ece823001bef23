using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>A program whose malloc is another's: it is named, and never shown as an empty glibc.</summary>
[Trait("Category", "Live")]
public sealed class OtherAllocatorTests
{
    private static readonly Dictionary<string, (string File, string Reason)> Libraries = new()
    {
        ["jemalloc"] = ("libjemalloc.so.2", "libjemalloc2 is not installed"),
        ["tcmalloc"] = ("libtcmalloc_minimal.so.4", "libtcmalloc-minimal4 is not installed"),
        ["mimalloc"] = ("libmimalloc.so.2", "libmimalloc2.0 is not installed"),
    };

    public static TheoryData<string> Names => new(Libraries.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_preloaded_allocator_is_named(string name)
    {
        (string file, string reason) = Libraries[name];
        string? library = Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu")
            .SelectMany(folder => Directory.EnumerateFiles(folder, file + "*")).FirstOrDefault();
        Skips.Unless(library is not null, reason);
        using HeapProgram program = HeapProgram.Start(
            TargetProgram.PathOf("heap-other"), [], new Dictionary<string, string> { ["LD_PRELOAD"] = library });
        AssertNamed(name, program);
    }

    [Fact]
    public void Musl_is_named()
    {
        string path = TargetProgram.PathOf("heap-musl");
        Skips.Unless(File.Exists(path), "musl-gcc is not installed: musl-tools");
        using HeapProgram program = HeapProgram.Start(path, []);
        AssertNamed("musl", program);
    }

    [Fact]
    public void A_program_without_any_libc_has_no_malloc()
    {
        using var program = TargetProgram.StartTarget("pages32", []);
        Assert.Null(ShownHeaps.Of(program.Pid).Allocator);
    }

    private static void AssertNamed(string name, HeapProgram program)
    {
        Assert.NotEmpty(HeapTruth.Parse(program.Lines).Blocks);
        ShownHeaps heaps = ShownHeaps.Of(program.Pid);
        Assert.Equal(name, heaps.Allocator);
        Assert.Null(heaps.Version);
        Assert.Empty(heaps.Arenas);
        Assert.Empty(ShownBlocks.Of(program.Pid));
    }
}
