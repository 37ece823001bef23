using System.Text.Json.Nodes;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>The same heap by debug information and by structure alone: nothing differs but the word that says which.</summary>
[Trait("Category", "Live")]
public sealed class LayoutTests
{
    private static readonly string[] Situations = ["one", "churn 16 threads", "heaps", "noncontiguous", "mmappedAligned", "forked"];

    public static TheoryData<string> Runs => new(Situations.Select(situation => "heap " + situation));

    public static TheoryData<string> OtherRuns
    {
        get
        {
            string[] names = [.. GlibcRelease.Unpacked.Where(r => DebugFile(r) is not null).SelectMany(r => Situations.Select(s => $"{r.Name} {s}"))];
            return new(names.Length > 0 ? names : [HeapRuns.NoRelease]);
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Structure_and_debug_information_show_the_same(string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start();
        string libc = File.ReadLines($"/proc/{program.Pid}/maps").Select(line => line.Split(' ')[^1]).First(name => name.EndsWith("/libc.so.6", StringComparison.Ordinal));
        Skips.Unless(File.Exists(DebugFile("/usr/lib/debug", libc)), "libc6-dbg is not installed");
        AssertSame(program.Pid, "debug-info", "debug info");
    }

    [Theory]
    [MemberData(nameof(OtherRuns))]
    public void Structure_and_another_releases_debug_information_show_the_same(string run)
    {
        Skips.Unless(run != HeapRuns.NoRelease, "no other glibc's debug information is unpacked: tests/glibc/fetch --debug does it");
        HeapRun found = HeapRuns.Get(run);
        using HeapProgram program = found.Start();
        AssertSame(program.Pid, DebugFile(found.Release!)!, "debug info");
    }

    private static void AssertSame(int pid, string layout, string word)
    {
        ShownHeaps byStructure = ShownHeaps.Of(pid, "--layout", "structure"), byOther = ShownHeaps.Of(pid, "--layout", layout);
        Assert.Equal("structure", byStructure.Layout);
        Assert.StartsWith(word, byOther.Layout, StringComparison.Ordinal);
        Assert.Equal(WithoutLayout(byStructure), WithoutLayout(byOther));
        Assert.Equal(ShownBlocks.Of(pid, "--layout", "structure"), ShownBlocks.Of(pid, "--layout", layout));
        ShownHeaps both = ShownHeaps.Of(pid);
        Assert.Equal(WithoutLayout(byStructure), WithoutLayout(both));
    }

    private static string WithoutLayout(ShownHeaps heaps)
    {
        JsonObject root = JsonNode.Parse(heaps.Text)!.AsObject();
        root.Remove("layout");
        return root.ToJsonString();
    }

    private static string? DebugFile(GlibcRelease release)
    {
        string file = DebugFile(Path.Combine(release.Folder, "usr/lib/debug"), Path.Combine(release.Libraries, "libc.so.6"));
        return File.Exists(file) ? file : null;
    }

    // Where debug files lie by the name that readelf gives a build.
    private static string DebugFile(string root, string library)
    {
        string notes = Launch.Run("readelf", "-n", library);
        string id = notes.Split('\n').First(line => line.Contains("Build ID:", StringComparison.Ordinal)).Split(':')[1].Trim();
        return Path.Combine(root, ".build-id", id[..2], id[2..] + ".debug");
    }
}
