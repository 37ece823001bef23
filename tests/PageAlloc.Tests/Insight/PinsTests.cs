using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Insight;

/// <summary>What pins free memory, held against the programs that made it, the kernel, and the rule worked out page by page.</summary>
[Trait("Category", "Live")]
public sealed class PinsTests
{
    private const ulong PageSize = 4096;

    [Theory]
    [InlineData("text", "looks like text \"/usr/share/pins/a longer…\"")]
    [InlineData("object", "looks like an object: vtable of geo::Point in heap")]
    [InlineData("node", "looks like a structure: of its first 5 words 1 points into the heap")]
    [InlineData("zeros", "looks blank: its first 40 bytes are zeros")]
    public void One_small_block_a_page_pins_the_rest_of_it(string content, string guess)
    {
        const ulong count = 1000;
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["pins", $"{count}", content]);
        HashSet<ulong> kept = [.. program.Lines.Where(l => l.StartsWith("block ", StringComparison.Ordinal)).Select(l => Hex(l.Split(' ')[1]))];
        JsonElement pins = Heaps(program.Pid).GetProperty("pins");
        JsonElement first = pins.GetProperty("bySize")[0];
        Assert.Equal((48UL, 48UL, count), (U(first, "minSize"), U(first, "maxSize"), U(first, "blocks")));
        Assert.Equal(count * (PageSize - 48), U(first, "bytes"));
        Assert.Contains(Hex(first.GetProperty("example").GetString()!), kept);
        Assert.Equal(guess, first.GetProperty("content").GetString());
        JsonElement[] blocks = [.. pins.GetProperty("blocks").EnumerateArray()];
        Assert.Equal(10, blocks.Length);
        Assert.All(blocks, block => Assert.Contains(Hex(block.GetProperty("address").GetString()!), kept));
        Assert.All(blocks, block => Assert.Equal((48UL, PageSize - 48), (U(block, "size"), U(block, "bytes"))));

        // It stays, whatever is tried.
        Assert.True(program.Trim() <= (long)PageSize * 40);
        Assert.Equal(count * (PageSize - 48), U(Heaps(program.Pid).GetProperty("pins").GetProperty("bySize")[0], "bytes"));
    }

    [Fact]
    public void The_text_tells_the_same()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["pins", "2000", "text"]);
        string text = CommandRun.Run($"{program.Pid}", "--show", "summary").Text;
        Assert.Matches(@"\n        2,000 blocks of 48 bytes             hold     7\.7 MiB  e\.g\. 0x[0-9a-f]+270  looks like text ""/usr/share/pins/a longer…""\n", text);
    }

    [Fact]
    public void The_block_before_the_top_ends_the_heap()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["endedHigh", "2000"]);
        string[] told = Assert.Single(program.Lines, l => l.StartsWith("under ", StringComparison.Ordinal)).Split(' ');
        JsonElement before = Heaps(program.Pid).GetProperty("pins").GetProperty("underTop");
        Assert.Equal(told[1], before.GetProperty("address").GetString());
        Assert.Equal("used", before.GetProperty("state").GetString());
        Assert.Equal(ulong.Parse(told[2], CultureInfo.InvariantCulture), U(before, "freeBelowBytes"));
        Assert.Equal(U(before, "freeBelowBytes"), U(before, "residentBelowBytes"));

        // What is said to stay is what a trim then leaves, and the heap is as long as before.
        program.Trim();
        JsonElement after = Heaps(program.Pid).GetProperty("pins").GetProperty("underTop");
        Assert.Equal(U(before, "freeBelowBytes"), U(after, "freeBelowBytes"));
        Assert.Equal(U(before, "keptBelowBytes"), U(after, "residentBelowBytes"));
        Assert.InRange(U(after, "residentBelowBytes"), 1UL, 2 * PageSize);
    }

    [Theory]
    [InlineData("heap", "fastbins")]
    [InlineData("heap", "tcaches")]
    [InlineData("heap", "arenas", "3")]
    [InlineData("heap", "heaps")]
    [InlineData("heap", "foreign")]
    [InlineData("heap", "noBreak")]
    [InlineData("heap", "churn", "1", "1", "30000")]
    [InlineData("heap", "churn", "2", "4", "20000")]
    [InlineData("heap", "churn", "3", "16", "6000")]
    [InlineData("heap-static", "churn", "4", "4", "20000")]
    public void Each_free_byte_on_a_mixed_page_falls_to_one_block(string name, params string[] arguments)
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf(name), arguments);
        JsonElement heaps = Heaps(program.Pid);
        var worked = new PinsByPage(program.Pid, heaps);
        JsonElement pins = heaps.GetProperty("pins");
        JsonElement[] arenas = [.. heaps.GetProperty("arenas").EnumerateArray()];
        Assert.Equal(worked.TotalBytes, U(pins, "totalBytes"));
        Assert.Equal(worked.TotalBytes, arenas.Aggregate(0UL, (sum, a) => sum + U(a, "pinnedBytes")));
        Assert.Equal((worked.Pages, worked.OverheadBytes, worked.TcacheBytes), (U(pins, "pages"), U(pins, "overheadBytes"), U(pins, "tcacheBytes")));
        Assert.Equal(
            worked.BySize.OrderByDescending(s => s.Value.Bytes).ThenBy(s => s.Key).Select(s => (s.Key, s.Value.Blocks, s.Value.Bytes)),
            pins.GetProperty("bySize").EnumerateArray().Select(s => (U(s, "minSize"), U(s, "blocks"), U(s, "bytes"))));
        Assert.Equal(
            worked.ByBlock.OrderByDescending(b => b.Value).ThenBy(b => b.Key).Take(10).Select(b => (b.Key, b.Value)),
            pins.GetProperty("blocks").EnumerateArray().Select(b => (Hex(b.GetProperty("address").GetString()!), U(b, "bytes"))));
    }

    private static JsonElement Heaps(int pid)
    {
        CommandResult result = CommandRun.Run(pid.ToString(CultureInfo.InvariantCulture), "--format", "json");
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.Output).RootElement.GetProperty("heaps");
    }

    private static ulong U(JsonElement of, string name) => of.GetProperty(name).GetUInt64();

    private static ulong Hex(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>The rule, page by page: of the rows of <c>pagealloc blocks</c> and of the kernel's pagemap.</summary>
    private sealed class PinsByPage
    {
        private readonly Dictionary<ulong, List<(ulong Start, ulong End, string State)>> _pages = [];
        private readonly Dictionary<ulong, ulong> _sizes = [];

        public PinsByPage(int pid, JsonElement heaps)
        {
            List<(ulong Start, ulong End)> segments =
            [
                .. heaps.GetProperty("arenas").EnumerateArray().SelectMany(a => a.GetProperty("segments").EnumerateArray())
                    .Select(s => (Hex(s.GetProperty("start").GetString()!), Hex(s.GetProperty("end").GetString()!))),
            ];
            foreach (string[] row in CommandRun.Run("blocks", $"{pid}", "--format", "csv").Text.TrimEnd('\n').Split('\n')[1..].Select(l => l.Split(',')))
            {
                if (row[3] is not ("mmapped" or "fencepost"))
                {
                    Spread(Hex(row[0]) - 16, ulong.Parse(row[1], CultureInfo.InvariantCulture), row[3]);
                }
            }

            using FileStream pagemap = File.OpenRead($"/proc/{pid}/pagemap");
            var entry = new byte[8];
            foreach (ulong page in _pages.Keys.Order())
            {
                pagemap.Seek((long)page * 8, SeekOrigin.Begin);
                pagemap.ReadExactly(entry);
                if ((BinaryPrimitives.ReadUInt64LittleEndian(entry) >> 63) == 1)
                {
                    (ulong Start, ulong End) all = segments.Single(s => s.Start < (page + 1) * PageSize && s.End > page * PageSize);
                    Share(page, _pages[page], Math.Min(all.End, (page + 1) * PageSize) - Math.Max(all.Start, page * PageSize));
                }
            }

            foreach ((ulong user, ulong bytes) in ByBlock)
            {
                ulong size = _sizes[user];
                ulong least = size <= 1024 ? size : size < 2048 ? 1025 : 1UL << (int)Math.Log2(size);
                (ulong blocks, ulong sum) = BySize.GetValueOrDefault(least);
                BySize[least] = (blocks + 1, sum + bytes);
            }
        }

        public Dictionary<ulong, ulong> ByBlock { get; } = [];

        public Dictionary<ulong, (ulong Blocks, ulong Bytes)> BySize { get; } = [];

        public ulong Pages { get; private set; }

        public ulong TotalBytes { get; private set; }

        public ulong OverheadBytes { get; private set; }

        public ulong TcacheBytes { get; private set; }

        private void Spread(ulong chunk, ulong size, string state)
        {
            _sizes[chunk + 16] = size;
            for (ulong page = chunk / PageSize; page * PageSize < chunk + size; page++)
            {
                if (!_pages.TryGetValue(page, out var parts))
                {
                    _pages.Add(page, parts = []);
                }

                parts.Add((chunk, chunk + size, state));
            }
        }

        private void Share(ulong page, List<(ulong Start, ulong End, string State)> parts, ulong length)
        {
            ulong free = parts.Where(p => p.State != "used").Aggregate(0UL, (sum, p) => sum + Math.Min(p.End, (page + 1) * PageSize) - Math.Max(p.Start, page * PageSize));
            (ulong Start, ulong End, string State)[] used = [.. parts.Where(p => p.State == "used").OrderBy(p => p.Start)];
            if (free == length)
            {
                TcacheBytes += parts.Any(p => p.State == "tcache") ? PageSize : 0;
            }
            else if (free != 0)
            {
                Pages++;
                TotalBytes += free;
                OverheadBytes += used.Length == 0 ? free : 0;
                for (int i = 0; i < used.Length; i++)
                {
                    ulong bytes = (free / (ulong)used.Length) + (i == 0 ? free % (ulong)used.Length : 0);
                    if (bytes != 0)
                    {
                        ByBlock[used[i].Start + 16] = ByBlock.GetValueOrDefault(used[i].Start + 16) + bytes;
                    }
                }
            }
        }
    }
}
