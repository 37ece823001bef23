using System.IO.Compression;
using PageAlloc.Targets.Cores;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;
using ZstdSharp;

namespace PageAlloc.Tests.Targets.Cores;

/// <summary>Core files that are compressed, sparse, of another machine, dumped in part; and files that are none.</summary>
[Trait("Category", "Live")]
public sealed class CoreFormsTests
{
    private const int Usage = 2, CannotOpen = 3, Incomplete = 4;

    [Theory]
    [InlineData("zst")]
    [InlineData("gz")]
    public void A_compressed_core_file_tells_the_same(string form)
    {
        using var folder = new WorkFolder();
        string core = Make(folder, "heap churn 4 threads");
        string packed = $"{folder.Path}/packed.{form}";
        Compress(core, packed, form);
        Assert.Equal(Blocks(core), Blocks(packed));
        Assert.Equal(CommandRun.Run(core, "--show", "heaps").Text.Split('\n')[1..], CommandRun.Run(packed, "--show", "heaps").Text.Split('\n')[1..]);
        Assert.Equal(["core", Path.GetFileName(packed)], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());

        // Of one that was cut, what there is of it.
        using (FileStream file = File.Open(packed, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }

        CommandResult cut = CommandRun.Run(packed, "--show", "summary");
        Assert.True(cut.ExitCode == Incomplete, cut.ToString());
        Assert.Contains("is not whole: it ", cut.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zst")]
    [InlineData("gz")]
    public void What_unpacks_to_more_than_the_cap_is_refused(string form)
    {
        using var folder = new WorkFolder();
        string zeros = $"{folder.Path}/zeros", packed = $"{folder.Path}/packed";
        using (FileStream file = File.Create(zeros))
        {
            file.SetLength(64 << 20);
        }

        Compress(zeros, packed, form);
        TargetException e = Assert.Throws<TargetException>(() => CoreFile.Open(packed, limits: new Limits { MaxUnpackedBytes = 32 << 20 }));
        Assert.Equal(TargetFailure.LimitExceeded, e.Failure);
        AssertFails(CannotOpen, CommandRun.Run(packed), "no core file and no snapshot");
    }

    // The libraries lay elsewhere on the machine that wrote it: without them structure alone tells, with them also the version.
    [Fact]
    public void A_core_file_of_another_machine_is_told_by_structure_and_by_its_sysroot()
    {
        Skips.Unless(GlibcRelease.Unpacked.Count != 0, HeapRuns.NoReleaseReason);
        GlibcRelease release = GlibcRelease.Unpacked.Last(r => r.Architecture == "amd64");
        using var folder = new WorkFolder();
        string there = $"{folder.Path}/there", sysroot = $"{folder.Path}/sysroot";
        Launch.Run("cp", "-rL", release.Folder, there);
        var moved = new GlibcRelease(release.Name, there);
        string core, live;
        using (HeapProgram program = new HeapRun("moved", $"heap-{release.Architecture}", new HeapVariant("arenas", ["arenas"]), moved).Start(folder.Path))
        {
            live = Blocks($"{program.Pid}");
            core = CoreProgram.Abort(program.Pid, folder.Path);
        }

        Directory.CreateDirectory(sysroot + folder.Path);
        Directory.Move(there, sysroot + there);
        ShownHeaps without = ShownHeaps.Parse(CommandRun.Run(core, "--format", "json"));
        ShownHeaps with = ShownHeaps.Parse(CommandRun.Run(core, "--format", "json", "--sysroot", sysroot));
        Assert.Equal(live, Blocks(core));
        Assert.Equal((null, "structure"), (without.Version, without.Layout));
        Assert.Equal(release.Version, with.Version);
        Assert.Equal(without.Totals, with.Totals);
        AssertFails(Usage, CommandRun.Run(core, "--sysroot", $"{folder.Path}/nowhere"), "--sysroot");

        // What stands still is not opened once more to be frozen, without its files.
        string snapshot = $"{folder.Path}/snapshot";
        CommandResult recorded = CommandRun.Run("record", core, "--freeze", "--sysroot", sysroot, "-o", snapshot);
        Assert.True(recorded.ExitCode == 0, recorded.ToString());
        Assert.Equal(release.Version, ShownHeaps.Parse(CommandRun.Run(snapshot, "--format", "json")).Version);
    }

    // Bit 0 is private memory that was written: without it not even libc's data is there, and that is no "not used yet".
    [Fact]
    public void A_libc_whose_data_was_not_dumped_is_said_to_be_unknown()
    {
        using var folder = new WorkFolder();
        using HeapProgram program = HeapRuns.Get("heap bins").Start(folder.Path);
        CommandResult result = CommandRun.Run(CoreProgram.Abort(program.Pid, folder.Path, filter: 0x12), "--show", "heaps");
        Assert.Equal(Incomplete, result.ExitCode);
        Assert.Contains("was not dumped: its heaps can't be found", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_of_a_heap_was_not_dumped_is_unknown_and_not_zero()
    {
        using var folder = new WorkFolder();
        using HeapProgram program = HeapRuns.Get("heap bins").Start(folder.Path);
        ShownHeaps live = ShownHeaps.Of(program.Pid);
        ulong system = live.Sum(a => a.SystemBytes);
        string core = CoreProgram.Abort(program.Pid, folder.Path);
        TakeAway(core, Assert.Single(live.Arenas).Segments[0].Start);
        ShownHeaps heaps = ShownHeaps.Parse(CommandRun.Run(core, "--format", "json"));
        Assert.Equal(Incomplete, heaps.Result.ExitCode);
        Assert.Equal(system, heaps.Sum(a => a.SystemBytes));
        Assert.Equal(system, heaps.Sum(a => a.UnknownBytes));
        Assert.NotEmpty(heaps.AllProblems);
    }

    [Fact]
    public void Files_that_are_no_core_files_are_named_and_refused()
    {
        using var folder = new WorkFolder();
        string text = $"{folder.Path}/text", fifo = $"{folder.Path}/fifo", xz = $"{folder.Path}/xz", empty = $"{folder.Path}/empty";
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("no core file\n", 100)));
        File.WriteAllBytes(xz, [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, 0, 0]);
        File.WriteAllBytes(empty, []);
        Launch.Run("mkfifo", fifo);
        AssertFails(CannotOpen, CommandRun.Run(text), "no core file and no snapshot");
        AssertFails(CannotOpen, CommandRun.Run(empty), "no core file and no snapshot");
        AssertFails(CannotOpen, CommandRun.Run(fifo), "is no regular file");
        AssertFails(CannotOpen, CommandRun.Run(folder.Path + "/"), "is no regular file");
        AssertFails(CannotOpen, CommandRun.Run($"{folder.Path}/nowhere"), "no file, and no process");
        AssertFails(CannotOpen, CommandRun.Run(xz), "xz -dc");
        AssertFails(CannotOpen, CommandRun.Run(TargetProgram.PathOf("heap")), "is a program or a library");
    }

    [Fact]
    public void What_only_a_process_can_do_is_refused_of_a_core_file()
    {
        using var folder = new WorkFolder();
        string core = Make(folder, "heap one");
        AssertFails(Usage, CommandRun.Run(core, "--heap-by", "pages"), "--heap-by pages needs to know");
        CommandResult check = CommandRun.Run("check", core, "--max-rss", "1G", "--max-heap", "1G");
        Assert.Equal(Incomplete, check.ExitCode);
        Assert.Matches("unknown +rss", check.Text);
        Assert.Matches("ok +heap", check.Text);
    }

    // As madvise(MADV_DONTDUMP) would have it: the segment has no bytes in the file.
    private static void TakeAway(string core, ulong address)
    {
        byte[] bytes = File.ReadAllBytes(core);
        for (int at = 64; at < 64 + (56 * BitConverter.ToUInt16(bytes, 56)); at += 56)
        {
            ulong start = BitConverter.ToUInt64(bytes, at + 16);
            if (BitConverter.ToInt32(bytes, at) == 1 && address >= start && address < start + BitConverter.ToUInt64(bytes, at + 40))
            {
                bytes.AsSpan(at + 32, 8).Clear();
            }
        }

        File.WriteAllBytes(core, bytes);
    }

    private static string Make(WorkFolder folder, string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start(folder.Path);
        return CoreProgram.Abort(program.Pid, folder.Path);
    }

    private static string Blocks(string target)
    {
        CommandResult result = CommandRun.Run("blocks", target, "--format", "csv");
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Text;
    }

    private static void Compress(string from, string to, string form)
    {
        using FileStream input = File.OpenRead(from), output = File.Create(to);
        using Stream packed = form == "zst" ? new CompressionStream(output) : new GZipStream(output, CompressionLevel.Fastest);
        input.CopyTo(packed);
    }

    private static void AssertFails(int exitCode, CommandResult result, string named)
    {
        Assert.True(exitCode == result.ExitCode, $"expected exit {exitCode}: {result}");
        Assert.StartsWith("pagealloc: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
    }
}
