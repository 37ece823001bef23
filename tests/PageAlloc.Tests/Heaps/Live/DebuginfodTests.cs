using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>Debug information from a debuginfod server: asked for only when told to; and when there is none, that is said and structure is enough.</summary>
[Trait("Category", "Live")]
public sealed class DebuginfodTests : IDisposable
{
    private readonly WorkFolder _folder = new();
    private readonly HeapProgram _program;
    private readonly string _buildId;
    private readonly string _debugFile;

    // Of a release that this machine has no debug information of in the usual places.
    public DebuginfodTests()
    {
        GlibcRelease? release = GlibcRelease.Unpacked.LastOrDefault(r => r.Architecture == "amd64" && Directory.Exists(Path.Combine(r.Folder, "usr/lib/debug")));
        Skips.Unless(release is not null, "no other glibc's debug information is unpacked: tests/glibc/fetch --debug does it");
        string notes = Launch.Run("readelf", "-n", Path.Combine(release.Libraries, "libc.so.6"));
        _buildId = notes.Split('\n').First(line => line.Contains("Build ID:", StringComparison.Ordinal)).Split(':')[1].Trim();
        string name = Path.Combine(".build-id", _buildId[..2], _buildId[2..] + ".debug");
        Assert.False(File.Exists(Path.Combine("/usr/lib/debug", name)));
        _debugFile = Path.Combine(release.Folder, "usr/lib/debug", name);
        _program = new HeapRun("one", "heap-amd64", new HeapVariant("one", ["one"]), release).Start();
    }

    private string Asked => $"/buildid/{_buildId}/debuginfo";

    private string Cached => Path.Combine(_folder.Path, "client", _buildId, "debuginfo");

    public void Dispose()
    {
        _program.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_the_server_has_is_used_and_named()
    {
        using var server = new DebuginfodServer(path => path == Asked ? File.ReadAllBytes(_debugFile) : null);
        ShownHeaps checkedBy = ShownHeaps.Parse(Look(server, "--debuginfod"));
        Assert.Equal($"structure, checked against debug info: {Cached}", checkedBy.Layout);
        Assert.Equal(0, checkedBy.Result.ExitCode);
        Assert.Equal([Asked], server.Requests);
        Assert.Equal(File.ReadAllBytes(_debugFile), File.ReadAllBytes(Cached));

        ShownHeaps described = ShownHeaps.Parse(Look(server, "--debuginfod", "--layout", "debug-info"));
        Assert.StartsWith("debug info: ", described.Layout, StringComparison.Ordinal);
        Assert.Equal(checkedBy.Totals, described.Totals);
        Assert.Equal([Asked], server.Requests); // it is kept
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("structure")]
    public void A_server_that_nobody_asked_for_gets_no_request(string layout)
    {
        using var server = new DebuginfodServer(_ => File.ReadAllBytes(_debugFile));
        Assert.Equal("structure", ShownHeaps.Parse(Look(server, "--layout", layout)).Layout);
        Assert.Equal(3, Look(server, "--layout", "debug-info").ExitCode);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("not found", "no debuginfod server has it: No such file or directory")]
    [InlineData("garbage", "bad ELF file")]
    [InlineData("another build", "is of another build: its build-id is ")]
    [InlineData("silence", "no debuginfod server has it: ")]
    public void Without_an_answer_that_fits_structure_is_enough_and_it_is_said_why(string answer, string why)
    {
        using var server = new DebuginfodServer(answer switch
        {
            "not found" => _ => null,
            "garbage" => _ => new byte[5000],
            "another build" => _ => File.ReadAllBytes(TargetProgram.PathOf("heap")),
            _ => null,
        });
        ShownHeaps heaps = ShownHeaps.Parse(Look(server, "--debuginfod"));
        Assert.Equal(0, heaps.Result.ExitCode);
        Assert.Equal(HeapTruth.Parse(_program.Lines).Totals.OrderBy(t => t.Key, StringComparer.Ordinal), heaps.Totals);
        Assert.StartsWith("structure, not checked: ", heaps.Layout, StringComparison.Ordinal);
        Assert.Contains(why, heaps.Layout, StringComparison.Ordinal);
        Assert.Contains(Asked, server.Requests);

        CommandResult described = Look(server, "--debuginfod", "--layout", "debug-info");
        Assert.Equal((3, 0), (described.ExitCode, described.Output.Length));
        Assert.Contains(why, described.Error, StringComparison.Ordinal);
        Assert.Contains("--layout structure needs no debug information", described.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_server_to_ask_that_is_said()
    {
        CommandResult result = CommandRun.Run(
            [$"{_program.Pid}", "--format", "json", "--debuginfod"], null, new Dictionary<string, string> { ["DEBUGINFOD_URLS"] = "", ["XDG_CACHE_HOME"] = _folder.Path });
        Assert.Contains("$DEBUGINFOD_URLS names no debuginfod server", ShownHeaps.Parse(result).Layout, StringComparison.Ordinal);
    }

    private CommandResult Look(DebuginfodServer server, params string[] options) => CommandRun.Run(
        [$"{_program.Pid}", "--format", "json", .. options],
        null,
        new Dictionary<string, string>
        {
            ["DEBUGINFOD_URLS"] = server.Address,
            ["DEBUGINFOD_CACHE_PATH"] = Path.Combine(_folder.Path, "client"),
            ["DEBUGINFOD_TIMEOUT"] = "2",
            ["XDG_CACHE_HOME"] = Path.Combine(_folder.Path, "ours"),
        });
}
