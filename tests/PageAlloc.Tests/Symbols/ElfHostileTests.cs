using System.Diagnostics;
using PageAlloc.Symbols;

namespace PageAlloc.Tests.Symbols;

/// <summary>Files that lie: nothing but InvalidDataException comes of them, soon, and without reading outside.</summary>
public sealed class ElfHostileTests
{
    private static readonly SymbolLimits Tight = new() { MaxSectionHeaders = 100, MaxProgramHeaders = 100, MaxHashChain = 1000, MaxSymbols = 1000, MaxRelocations = 100_000 };

    [Fact]
    public void More_program_headers_than_the_cap_are_refused()
    {
        var builder = new ElfBuilder();
        for (int i = 0; i < 10; i++)
        {
            builder.Segment(4, 0, 0, 0);
        }

        byte[] bytes = builder.Build();
        Assert.Equal(11, ElfImage.Parse(bytes).Segments.Count);
        Assert.Throws<InvalidDataException>(() => ElfImage.Parse(bytes, new SymbolLimits { MaxProgramHeaders = 10 }));
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0x3ff8)]
    [InlineData(1UL << 63)]
    public void Program_headers_outside_are_refused(ulong offset) =>
        Assert.Throws<InvalidDataException>(() => ElfImage.Parse(new ElfBuilder { SegmentOffset = offset }.Build()));

    [Fact]
    public void More_section_headers_than_the_cap_are_refused()
    {
        var builder = new ElfBuilder();
        builder.Section(0, 0, 1UL << 40); // the count, when the ELF header has 0
        byte[] bytes = builder.Build();
        bytes[60] = 0;
        Assert.Throws<InvalidDataException>(() => ElfImage.Parse(bytes));
    }

    [Theory]
    [InlineData(4, 0)] // class
    [InlineData(4, 3)]
    [InlineData(5, 2)] // byte order
    [InlineData(0, 0)] // magic
    public void Other_kinds_of_file_are_refused(int at, byte value)
    {
        byte[] bytes = new ElfBuilder().Build();
        bytes[at] = value;
        Assert.Throws<InvalidDataException>(() => ElfImage.Parse(bytes));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Both_hash_tables_lead_to_the_symbol(bool is64, bool gnu)
    {
        ElfImage image = ElfImage.Parse(new ElfBuilder(is64, (ushort)(is64 ? 62 : 3)).DynamicSymbol("wanted", 0x1234, gnu).Build());
        Assert.True(image.TryFindSymbol("wanted"u8, out ElfSymbol symbol));
        Assert.Equal(new ElfSymbol(0x1234, 8, ElfSymbolType.Object), symbol);
        Assert.False(image.TryFindSymbol("want"u8, out _));
        Assert.False(image.TryFindSymbol(""u8, out _));
        Assert.False(image.TryFindSymbol("wanted\0"u8, out _));
    }

    [Fact]
    public void A_circle_in_a_hash_chain_ends()
    {
        var builder = new ElfBuilder();
        ulong names = builder.Put("\0other\0"u8), table = builder.Put([.. builder.Symbol(0, 0, 0, 0, 0), .. builder.Symbol(1, 1, 1)]);
        ulong hash = builder.PutU32(1, uint.MaxValue, 1, 0, 1); // entry 1 follows itself
        builder.Dynamic(5, names).Dynamic(10, 7).Dynamic(6, table).Dynamic(4, hash);
        Assert.False(ElfImage.Parse(builder.Build(), Tight).TryFindSymbol("wanted"u8, out _));
        Assert.Equal(256, ElfImage.Parse(builder.Build(), Tight).FindSymbols("other"u8).Count);
    }

    [Fact]
    public void Segments_that_overlap_and_wrap_are_read_within_the_file()
    {
        var builder = new ElfBuilder();
        builder.Segment(1, ulong.MaxValue - 8, 0x1000, ulong.MaxValue).Segment(1, 0, ulong.MaxValue - 0xff, 0x1000)
            .Segment(1, 16, 0x1000, 64).Segment(7, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);
        ElfImage image = ElfImage.Parse(builder.Build());
        foreach (ulong address in new ulong[] { 0, 0xff0, 0x1000, 0x1038, 0x2000, ulong.MaxValue - 0xff, ulong.MaxValue - 3, ulong.MaxValue })
        {
            _ = image.TryRead(address, new byte[64]);
            _ = image.TryRead(address, []);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_cut_off_anywhere_is_read_or_refused(bool is64)
    {
        byte[] synthetic = Rich(is64);
        for (int length = 0; length < synthetic.Length; length++)
        {
            Exercise(synthetic.AsMemory(0, length));
        }

        byte[] real = File.ReadAllBytes(ElfFiles.Libc);
        for (int length = 0; length < 64 << 10; length += 64)
        {
            Exercise(real.AsMemory(0, length));
        }

        for (int length = 64 << 10; length < real.Length; length += 64 * 331)
        {
            Exercise(real.AsMemory(0, length));
        }
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void Thousands_of_mutations_are_read_or_refused(bool is64, int seed)
    {
        byte[] whole = Rich(is64);
        byte[][] values = [[0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [0, 0, 0, 0x80], [0, 0, 0, 0], [1, 0, 0, 0], [8, 0, 0, 0]];
        var random = new Random(seed);
        var time = Stopwatch.StartNew();
        for (int i = 0; i < 10_000; i++)
        {
            byte[] bytes = [.. whole];
            for (int n = random.Next(1, 5); n > 0; n--)
            {
                // Headers and tables are where it matters.
                int at = random.Next(2) == 0 ? random.Next(16, 400) : random.Next(ElfBuilder.Start, bytes.Length);
                if (random.Next(2) == 0)
                {
                    bytes[at] = (byte)random.Next(256);
                }
                else
                {
                    byte[] value = values[random.Next(values.Length)];
                    value.AsSpan(0, Math.Min(4, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                }
            }

            Exercise(bytes);
        }

        Assert.True(time.Elapsed < TimeSpan.FromMinutes(2), $"took {time.Elapsed}");
    }

    // All that is public, on whatever it is.
    private static void Exercise(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            ElfImage image = ElfImage.Parse(bytes, Tight);
            _ = image.TryFindSymbol("wanted"u8, out _);
            _ = image.FindSymbols("other"u8);
            _ = image.TryRead(0x1000, new byte[100]);
            _ = image.UnfoldedBytes();
            foreach (ElfSegment segment in image.Segments.Take(20))
            {
                _ = image.TryRead(segment.VirtualAddress, new byte[32]);
            }

            foreach (RelativeRelocation relocation in image.RelativeRelocations())
            {
                _ = relocation.Value;
            }
        }
        catch (InvalidDataException)
        {
            // The one answer besides success.
        }
    }

    // A file with everything in it that is read.
    private static byte[] Rich(bool is64)
    {
        var b = new ElfBuilder(is64, (ushort)(is64 ? 62 : 3));
        b.DynamicSymbol("wanted", 0x1234, gnu: true).DynamicSymbol("wanted", 0x1234, gnu: false);
        ulong note = b.Put([4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, (byte)'G', (byte)'N', (byte)'U', 0, .. Enumerable.Range(1, 20).Select(i => (byte)i)]);
        b.Segment(4, note, note, 36);
        b.Segment(7, 0x100, 0x100, 16, 64);
        ulong data = b.PutWords(0x400, 0x408, 0x410, 0x418);
        ulong relr = b.PutWords(data, 7);
        ulong rel = is64 ? b.PutWords(data, 8, 0x400, data + 8, 8, 0x500) : b.PutWords(data, 8, data + 4, 8);
        b.Dynamic(36, relr).Dynamic(35, (ulong)(2 * b.Word)).Dynamic(is64 ? 7UL : 17, rel).Dynamic(is64 ? 8UL : 18, is64 ? 48UL : 16);
        ulong names = b.Put("\0wanted\0other\0"u8), symbols = b.Put([.. b.Symbol(0, 0, 0), .. b.Symbol(8, 1, 2), .. b.Symbol(1, 3, 4)]);
        ulong link = b.Put("name.debug\0\0\u0001\u0002\u0003\u0004"u8), alt = b.Put("../alt\0\u0005\u0006\u0007"u8);
        byte[] text = "\0.gnu_debuglink\0.gnu_debugaltlink\0.debug_info\0.zdebug_str\0"u8.ToArray();
        ulong debug = b.Put([1, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        ulong sectionNames = b.Put(text);
        b.Section(0, 0, 0).Section(3, names, 14).Section(2, symbols, (ulong)(is64 ? 72 : 48), link: 1)
            .Section(1, link, 16, name: 1).Section(1, alt, 10, name: 16).Section(1, debug, 24, name: 34, flags: 0x800)
            .Section(1, debug, 24, name: 46).Section(7, note, 36).Section(3, sectionNames, (ulong)text.Length);
        return b.Build();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_file_with_everything_is_read_whole(bool is64)
    {
        ElfImage image = ElfImage.Parse(Rich(is64));
        Assert.Equal(20, image.BuildId.Length);
        Assert.Equal("name.debug"u8, image.DebugLink!.Name.Span);
        Assert.Equal(0x04030201u, image.DebugLink.Crc32);
        Assert.Equal("../alt"u8, image.AltDebugLink!.Path.Span);
        Assert.Equal("\u0005\u0006\u0007"u8, image.AltDebugLink.BuildId.Span);
        Assert.True(image.HasDwarf);
        Assert.Equal(is64 ? 255UL : 0, image.UnfoldedBytes());
        Assert.Equal(64UL, image.TlsSegment!.Value.MemorySize);
        Assert.True(image.TryFindSymbol("other"u8, out ElfSymbol other));
        Assert.Equal((1UL, 2UL), (other.Value, other.Size));
        Assert.Equal(5, image.RelativeRelocations().Count());
    }
}
