using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Insight;

/// <summary>What huge pages waste: a heap that writes little of its blocks, with and without the knob that the finding names.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class ThpWasteTests
{
    private const ulong PageSize = 4096, HeaderSize = 16;

    [Fact]
    public void Free_pages_and_zeros_inside_huge_pages_are_those_of_the_program()
    {
        using IDisposable mode = SystemState.HugePageMode("always");
        using HeapProgram program = Start(huge: true);
        JsonElement root = Show(program.Pid, "--zero-scan"), huge = root.GetProperty("hugePages");
        List<(ulong Start, ulong End)> ranges = HugeRanges(program.Pid);
        Smaps smaps = Smaps.Read(program.Pid);
        Assert.Equal(smaps.Sum("AnonHugePages"), ranges.Aggregate(0UL, (sum, r) => sum + r.End - r.Start));
        Assert.True(ranges.Count != 0, "the heap has no huge page");

        // Free is what was freed, and all behind the last block that was kept.
        ulong behind = Blocks(program, "block ").Max(b => b.End);
        List<(ulong Start, ulong End)> free =
        [
            .. Blocks(program, "freed ").Where(b => b.Start < behind), (behind, smaps.Mappings.Last(m => m.Name == "[heap]").End),
        ];
        ulong freeBytes = 0, zeroBytes = 0;
        using FileStream memory = File.OpenRead($"/proc/{program.Pid}/mem");
        var bytes = new byte[PageSize];
        foreach (ulong page in ranges.SelectMany(Pages))
        {
            freeBytes += free.Any(f => f.Start <= page && page + PageSize <= f.End) ? PageSize : 0;
            memory.Position = (long)page;
            memory.ReadExactly(bytes);
            zeroBytes += bytes.All(b => b == 0) ? PageSize : 0;
        }

        Assert.Equal((freeBytes, zeroBytes), (U(huge, "heapFreeBytes"), U(huge, "zeroBytes")));
        Assert.True(zeroBytes > 32 << 20 && freeBytes > 16 << 20, $"{zeroBytes} {freeBytes}");
    }

    [Fact]
    public void The_advice_when_followed_saves_the_zeros()
    {
        ulong zeros, with;
        using (SystemState.HugePageMode("always"))
        using (HeapProgram program = Start(huge: true))
        {
            JsonElement root = Show(program.Pid, "--zero-scan"), found = Finding(root);
            zeros = U(root.GetProperty("hugePages"), "zeroBytes");
            Assert.Equal(zeros, U(found, "bytes"));
            Assert.Equal("notice", found.GetProperty("severity").GetString());
            Assert.Contains("echo madvise > /sys/kernel/mm/transparent_hugepage/enabled", found.GetProperty("advice").GetString(), StringComparison.Ordinal);
            Assert.Contains("[heap]", Assert.Single(Smaps.Read(program.Pid).Mappings, m => found.GetProperty("text").GetString()!.Contains($"0x{m.Start:x}", StringComparison.Ordinal)).Name, StringComparison.Ordinal);
            with = ResidentBytes(program.Pid);

            // Without the search it is not known what of the free pages was written.
            JsonElement unsearched = Show(program.Pid);
            AssertNone(unsearched);
            found = Assert.Single(unsearched.GetProperty("findings").EnumerateArray(), f => f.GetProperty("id").GetString() == "hugePages");
            Assert.Equal(U(unsearched.GetProperty("hugePages"), "heapFreeBytes"), U(found, "bytes"));
        }

        using IDisposable followed = SystemState.HugePageMode("madvise");
        using HeapProgram follower = Start(huge: false);
        ulong gain = with - ResidentBytes(follower.Pid);
        Assert.InRange(gain, zeros - (zeros / 100), zeros + (zeros / 100));
        AssertNone(Show(follower.Pid, "--zero-scan"));
        AssertNone(Show(follower.Pid));
    }

    // 64 MiB of huge pages, each small page of them written.
    [Fact]
    public void Huge_pages_that_are_used_waste_nothing()
    {
        using StandingSituation standing = Situations.Get("denseHuge").Start();
        JsonElement root = Show(standing.Pid, "--zero-scan");
        Assert.NotEqual(0UL, U(root.GetProperty("hugePages"), "scannedBytes"));
        AssertNone(root);
    }

    private static HeapProgram Start(bool huge)
    {
        // A heap that grows by small steps has no room for a huge page when it is touched.
        HeapProgram program = HeapProgram.Start(
            TargetProgram.PathOf("heap"), ["sparse", "600"], new Dictionary<string, string> { ["GLIBC_TUNABLES"] = $"glibc.malloc.top_pad={80 << 20}" });
        // What it gets is the kernel's affair.
        if (huge && Smaps.Read(program.Pid).Sum("AnonHugePages") < 48 << 20)
        {
            program.Dispose();
            Skips.Because("no memory for 2M pages");
        }

        return program;
    }

    private static JsonElement Show(int pid, params string[] options)
    {
        CommandResult result = CommandRun.Run(["summary", $"{pid}", "--format", "json", .. options]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private static JsonElement Finding(JsonElement root) =>
        Assert.Single(root.GetProperty("findings").EnumerateArray(), f => f.GetProperty("id").GetString() == "thpWaste");

    private static void AssertNone(JsonElement root) =>
        Assert.DoesNotContain(root.GetProperty("findings").EnumerateArray(), f => f.GetProperty("id").GetString() == "thpWaste");

    private static List<(ulong Start, ulong End)> HugeRanges(int pid)
    {
        var found = new List<(ulong Start, ulong End)>();
        foreach (ShownMapping mapping in ShownProcess.Of(pid).Mappings)
        {
            ulong at = mapping.Start;
            foreach (StateRun run in mapping.Runs)
            {
                if (run.State == "anonymous2M")
                {
                    found.Add((at, at + (run.Pages * PageSize)));
                }

                at += run.Pages * PageSize;
            }
        }

        return found;
    }

    private static IEnumerable<ulong> Pages((ulong Start, ulong End) range)
    {
        for (ulong page = range.Start; page < range.End; page += PageSize)
        {
            yield return page;
        }
    }

    // From the chunk's header to that of the next.
    private static IEnumerable<(ulong Start, ulong End)> Blocks(HeapProgram program, string word) =>
        from line in program.Lines
        where line.StartsWith(word, StringComparison.Ordinal)
        let words = line.Split(' ')
        let user = ulong.Parse(words[1].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        let usable = ulong.Parse(words[2], CultureInfo.InvariantCulture)
        select (user - HeaderSize, user + usable - (HeaderSize / 2));

    private static ulong ResidentBytes(int pid) =>
        ulong.Parse(File.ReadLines($"/proc/{pid}/status").Single(l => l.StartsWith("RssAnon:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) << 10;

    private static ulong U(JsonElement of, string name) => of.GetProperty(name).GetUInt64();
}
