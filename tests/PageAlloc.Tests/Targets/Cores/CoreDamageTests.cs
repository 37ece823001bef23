using System.Globalization;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets.Cores;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Targets.Cores;

/// <summary>
/// Core files that were cut, and such in which bytes of headers and notes were changed: a clear error or a result that says
/// what is missing; nothing else. $PAGEALLOC_FUZZ_CASES says how many bytes are changed.
/// </summary>
[Trait("Category", "Live")]
public sealed class CoreDamageTests
{
    private const int UsualCases = 1500;
    private const int Step = 64 << 10;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_that_was_cut_is_refused_or_says_so(bool isOfGdb)
    {
        using var folder = new WorkFolder();
        string core = Make(folder, isOfGdb);
        long length = new FileInfo(core).Length;
        string whole = Walk(core)!;
        using FileStream file = File.Open(core, FileMode.Open, FileAccess.Write);
        int refused = 0, partial = 0;
        for (long end = (length - 1) / Step * Step; end >= 0; end -= Step)
        {
            file.SetLength(end);
            string? told = Walk(core);
            refused += told is null ? 1 : 0;
            partial += told is not null ? 1 : 0;
            Assert.NotEqual(whole, told);
        }

        Assert.True(refused > 0 && partial > 0, $"{refused} refused, {partial} told in part");
    }

    // Near the end of the headers and notes each byte may matter.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Changed_headers_and_notes_end_in_a_clear_error_or_a_result(bool isOfGdb)
    {
        int cases = int.Parse(Environment.GetEnvironmentVariable("PAGEALLOC_FUZZ_CASES") ?? $"{UsualCases}", CultureInfo.InvariantCulture) / 2;
        using var folder = new WorkFolder();
        string core = Make(folder, isOfGdb);
        (long Start, long End)[] parts = HeadersAndNotes(core);
        var random = new Random(isOfGdb ? 1 : 2);
        using FileStream file = File.Open(core, FileMode.Open, FileAccess.ReadWrite);
        for (int i = 0; i < cases; i++)
        {
            var changed = new List<(long At, byte Was)>();
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                (long start, long end) = parts[random.Next(parts.Length)];
                long at = random.NextInt64(start, end);
                file.Position = at;
                byte was = (byte)file.ReadByte();
                changed.Add((at, was));
                Put(file, at, random.Next(3) switch { 0 => (byte)(was ^ (1 << random.Next(8))), 1 => 0xff, _ => (byte)random.Next(256) });
            }

            try
            {
                Walk(core);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"case {i}: bytes at {string.Join(", ", changed.Select(c => c.At))}: {e.Message}", e);
            }

            changed.Reverse();
            changed.ForEach(c => Put(file, c.At, c.Was));
        }
    }

    // Sparse: a file of a few kilobytes on disk must not keep a reader busy, however often it tells the same.
    [Fact]
    public void Notes_without_end_and_files_without_end_are_capped()
    {
        using var folder = new WorkFolder();
        string core = Path.Combine(folder.Path, "hostile");
        WriteNotes(core, segments: 64, length: 50 << 20, note: []);
        Assert.Contains("notes", Walk(core), StringComparison.Ordinal);

        // NT_FILE says that it lists eight million files.
        byte[] files = new byte[16];
        BitConverter.TryWriteBytes(files, 8_000_000UL);
        BitConverter.TryWriteBytes(files.AsSpan(8), 4096UL);
        byte[] note = [5, 0, 0, 0, .. BitConverter.GetBytes(120 << 20), .. "ELIF"u8, .. "CORE\0\0\0\0"u8, .. files];
        WriteNotes(core, segments: 1, length: 121 << 20, note);
        Assert.Contains("is cut or can't be", Walk(core), StringComparison.Ordinal);
    }

    private static void WriteNotes(string path, int segments, long length, byte[] note)
    {
        byte[] head = new byte[64 + (56 * segments)];
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(head);
        BitConverter.TryWriteBytes(head.AsSpan(16), (ushort)4);
        BitConverter.TryWriteBytes(head.AsSpan(18), (ushort)62);
        BitConverter.TryWriteBytes(head.AsSpan(32), 64UL);
        BitConverter.TryWriteBytes(head.AsSpan(54), (ushort)56);
        BitConverter.TryWriteBytes(head.AsSpan(56), (ushort)segments);
        for (int at = 64; at < head.Length; at += 56)
        {
            BitConverter.TryWriteBytes(head.AsSpan(at), 4U);
            BitConverter.TryWriteBytes(head.AsSpan(at + 8), 8192UL);
            BitConverter.TryWriteBytes(head.AsSpan(at + 32), length);
        }

        using FileStream file = File.Create(path);
        file.Write(head);
        file.Position = 8192;
        file.Write(note);
        file.SetLength(8192 + length);
    }

    /// <summary>Reads all of a core file; null when it is refused. What was told, in short, else.</summary>
    internal static string? Walk(string path)
    {
        try
        {
            using CoreFile core = CoreFile.Open(path);
            IReadOnlyList<Mapping> mappings = MappingTable.Read(core);
            PageTable table = PageTableReader.Read(core, mappings);
            using HeapReader reader = HeapReader.Open(core, mappings, new HeapOptions { IsStopped = true });
            IReadOnlyList<ArenaTotals> totals = HeapWalk.Sum(reader);
            OrderedWalk.Run(reader, new NoRows());
            ulong pages = table.Mappings.Aggregate(0UL, (sum, m) => sum + m.Count().Total);
            Assert.Equal(mappings.Aggregate(0UL, (sum, m) => sum + (m.Range.Length / (ulong)table.PageSize)), pages);
            return $"{core.Info.Incomplete} {pages} {reader.Heaps.Arenas.Count} {totals.Aggregate(0UL, (sum, t) => sum + t.Blocks(BlockState.Used))} {totals.Sum(t => t.Problems.Count)}";
        }
        catch (TargetException e)
        {
            Assert.Contains(path, e.Message, StringComparison.Ordinal);
            return null;
        }
    }

    private static string Make(WorkFolder folder, bool isOfGdb)
    {
        using HeapProgram program = HeapRuns.Get("heap tcaches").Start(folder.Path);
        return isOfGdb ? CoreProgram.Gcore(program.Pid, folder.Path) : CoreProgram.Abort(program.Pid, folder.Path);
    }

    private static (long, long)[] HeadersAndNotes(string path)
    {
        byte[] head = new byte[64];
        using FileStream file = File.OpenRead(path);
        file.ReadExactly(head);
        int count = BitConverter.ToUInt16(head, 56);
        var parts = new List<(long, long)> { (0, 64), (64, 64 + (56 * count)) };
        byte[] table = new byte[56 * count];
        file.ReadExactly(table);
        for (int at = 0; at < table.Length; at += 56)
        {
            if (BitConverter.ToInt32(table, at) == 4)
            {
                long offset = BitConverter.ToInt64(table, at + 8);
                parts.Add((offset, offset + BitConverter.ToInt64(table, at + 32)));
            }
        }

        return [.. parts];
    }

    private static void Put(FileStream file, long at, byte value)
    {
        file.Position = at;
        file.WriteByte(value);
        file.Flush();
    }

    private sealed class NoRows : IOrderedBlockSink
    {
        public void BeginSegment(Arena arena, Segment segment)
        {
        }

        public void Add(in Block block)
        {
        }

        public void Add(MmappedBlock block)
        {
        }

        public void EndSegment()
        {
        }
    }
}
