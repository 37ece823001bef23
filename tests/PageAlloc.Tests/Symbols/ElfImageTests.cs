using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PageAlloc.Symbols;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Symbols;

/// <summary>Real files: what readelf and nm say is what is read.</summary>
public sealed class ElfImageTests
{
    public static TheoryData<string> Real => [.. ElfFiles.Real];

    [Theory]
    [MemberData(nameof(Real))]
    public void Segments_are_those_of_readelf(string path)
    {
        using ElfImage image = ElfFiles.Open(path);
        string[] expected = [.. Regex.Matches(Launch.Run("readelf", "-lW", path), @"^  (LOAD|TLS|DYNAMIC) +(0x\S+) (0x\S+) 0x\S+ (0x\S+) (0x\S+) (...)", RegexOptions.Multiline)
            .Select(m => $"{m.Groups[1]} {Number(m.Groups[2].Value):x} {Number(m.Groups[3].Value):x} {Number(m.Groups[4].Value):x} {Number(m.Groups[5].Value):x} {m.Groups[6]}")];
        string[] actual = [.. image.Segments
            .Where(s => s.Type is ElfSegmentType.Load or ElfSegmentType.Tls or ElfSegmentType.Dynamic)
            .Select(s => $"{s.Type.ToString().ToUpperInvariant()} {s.Offset:x} {s.VirtualAddress:x} {s.FileSize:x} {s.MemorySize:x} {Flags(s.Flags)}")];
        Assert.NotEmpty(expected);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(Real))]
    public void The_build_id_is_that_of_readelf(string path)
    {
        using ElfImage image = ElfFiles.Open(path);
        Match match = Regex.Match(Launch.Run("readelf", "-nW", path), "Build ID: ([0-9a-f]+)");
        Assert.Equal(match.Groups[1].Value, Convert.ToHexStringLower(image.BuildId.Span));
    }

    [Theory]
    [MemberData(nameof(Real))]
    public void Every_dynamic_symbol_is_found_with_and_without_section_headers(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        ElfImage whole = ElfImage.Parse(bytes);
        byte[] stripped = [.. bytes];
        stripped.AsSpan(whole.PointerSize == 8 ? 40 : 32, whole.PointerSize).Clear(); // e_shoff
        ElfImage bare = ElfImage.Parse(stripped);
        int compared = 0;
        foreach (string name in NamesOf(path).Take(400))
        {
            ElfSymbol[] symbols = [.. whole.FindSymbols(Encoding.UTF8.GetBytes(name)).OrderBy(s => s.Value)];
            Assert.NotEmpty(symbols);
            Assert.Equal(symbols, bare.FindSymbols(Encoding.UTF8.GetBytes(name)).OrderBy(s => s.Value));
            compared++;
        }

        Assert.True(compared > 10);
        Assert.False(whole.TryFindSymbol("no_such_symbol"u8, out _));
        Assert.False(bare.TryFindSymbol("no_such_symbol"u8, out _));
    }

    [Fact]
    public void Symbols_of_the_full_table_are_those_of_nm()
    {
        using var folder = new WorkFolder();
        string path = ElfFiles.Compile(folder, "static", "static int hidden[5] = {1}; __thread long own = 7; int main(void) { return hidden[0] + own; }", "-static", "-g");
        using ElfImage image = ElfFiles.Open(path);
        Assert.True(image.HasSymbolTable);
        Assert.True(image.HasDwarf);
        Assert.Empty(image.RelativeRelocations());
        int compared = 0;
        foreach (Match m in Regex.Matches(Launch.Run("nm", "-S", path), "^([0-9a-f]{16}) ([0-9a-f]{16}) [bBdDrR] ([^@\n]+)$", RegexOptions.Multiline))
        {
            Assert.Contains(image.FindSymbols(Encoding.UTF8.GetBytes(m.Groups[3].Value)), s =>
                s.Value == Convert.ToUInt64(m.Groups[1].Value, 16) && s.Size == Convert.ToUInt64(m.Groups[2].Value, 16));
            compared++;
        }

        Assert.True(compared > 100);
        Assert.True(image.TryFindSymbol("main_arena"u8, out ElfSymbol arena));
        var next = new byte[8];
        Assert.Contains(new ulong[] { 2160, 2152, 2072 }, offset =>
            image.TryRead(arena.Value + offset, next) && BitConverter.ToUInt64(next) == arena.Value);
        Assert.True(image.TryFindSymbol("own"u8, out ElfSymbol own));
        Assert.Equal(ElfSymbolType.Tls, own.Type);
        Assert.Equal(8UL, own.Size);
    }

    [Theory]
    [MemberData(nameof(Real))]
    public void Content_is_what_lies_in_the_file(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        ElfImage image = ElfImage.Parse(bytes);
        foreach (ElfSegment load in image.Segments.Where(s => s.Type == ElfSegmentType.Load))
        {
            var content = new byte[load.MemorySize];
            Assert.True(image.TryRead(load.VirtualAddress, content));
            Assert.True(content.AsSpan(0, (int)load.FileSize).SequenceEqual(bytes.AsSpan((int)load.Offset, (int)load.FileSize)));
            Assert.Equal(-1, content.AsSpan((int)load.FileSize).IndexOfAnyExcept((byte)0));
        }

        Assert.False(image.TryRead(ulong.MaxValue - 3, new byte[8]));
    }

    [Fact]
    public void A_debug_file_has_symbols_and_no_content()
    {
        using ElfImage image = ElfFiles.Open(ElfFiles.Libc);
        string id = Convert.ToHexStringLower(image.BuildId.Span);
        string path = $"/usr/lib/debug/.build-id/{id[..2]}/{id[2..]}.debug";
        Skips.Unless(File.Exists(path), "libc6-dbg is not installed");
        using ElfImage debug = ElfFiles.Open(path);
        Assert.True(image.HasContent);
        Assert.False(debug.HasContent);
        Assert.Equal(id, Convert.ToHexStringLower(debug.BuildId.Span));
        Assert.Equal(Path.GetFileName(path), Encoding.ASCII.GetString(image.DebugLink!.Name.Span));
        Assert.Equal(Crc32.Of(debug.Bytes.Span), image.DebugLink.Crc32);
        Assert.Empty(debug.RelativeRelocations());
        Assert.False(debug.TryRead(0, new byte[8]));

        // On the machine that glibc-malloc.md was written on, section 15.
        Assert.True(debug.TryFindSymbol("main_arena"u8, out ElfSymbol arena));
        if (id == "93ac61ec5a8eb1396f9fbd350e3169a558528a40")
        {
            Assert.Equal(new ElfSymbol(0x1d3c60, 2200, ElfSymbolType.Object), arena);
            Assert.True(debug.TryFindSymbol("tcache"u8, out ElfSymbol tcache));
            Assert.Equal((0x48UL, ElfSymbolType.Tls), (tcache.Value, tcache.Type));
            Assert.Equal(0x90UL, image.TlsSegment!.Value.MemorySize);
        }
    }

    [Fact]
    public void A_mapped_file_reads_as_one_that_was_copied()
    {
        using ElfImage read = ElfFiles.Open(ElfFiles.Libc), mapped = ElfFiles.Open(ElfFiles.Libc, new SymbolLimits { MaxReadBytes = 0 });
        Assert.True(read.Bytes.Span.SequenceEqual(mapped.Bytes.Span));
        Assert.True(read.RelativeRelocations().SequenceEqual(mapped.RelativeRelocations()));
        mapped.Dispose();
        mapped.Dispose();
        Assert.Contains("larger than 1 MiB", Assert.Throws<IOException>(
            () => ElfFiles.Open(ElfFiles.Libc, new SymbolLimits { MaxFileBytes = 1 << 20 })).Message, StringComparison.Ordinal);
    }

    // How the heap is found where there is no debug file: glibc-malloc.md, section 9.1.
    [Fact]
    public void The_relocations_of_libc_tell_where_main_arena_is()
    {
        using ElfImage image = ElfFiles.Open(ElfFiles.Libc);
        var words = new byte[16];
        ulong arena = Assert.Single(image.RelativeRelocations(), r =>
            unchecked(r.Location - r.Value) is 2160 or 2152 or 2072 && image.TryRead(r.Location + 8, words)
            && BitConverter.ToUInt64(words) == 0 && BitConverter.ToUInt64(words, 8) == 1).Value;
        string id = Convert.ToHexStringLower(image.BuildId.Span);
        Skips.Unless(File.Exists($"/usr/lib/debug/.build-id/{id[..2]}/{id[2..]}.debug"), "libc6-dbg is not installed");
        using ElfImage debug = ElfFiles.Open($"/usr/lib/debug/.build-id/{id[..2]}/{id[2..]}.debug");
        Assert.True(debug.TryFindSymbol("main_arena"u8, out ElfSymbol symbol));
        Assert.Equal(symbol.Value, arena);
    }

    private static IEnumerable<string> NamesOf(string path) =>
        Regex.Matches(Launch.Run("readelf", "--dyn-syms", "-W", path), @"(?:OBJECT|FUNC|TLS) +\S+ +\S+ +(\d+) ([^@\s]+)")
            .Where(m => m.Groups[1].Value != "0").Select(m => m.Groups[2].Value).Distinct();

    private static ulong Number(string hex) => ulong.Parse(hex.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string Flags(ElfSegmentFlags flags) =>
        $"{(flags.HasFlag(ElfSegmentFlags.Read) ? 'R' : ' ')}{(flags.HasFlag(ElfSegmentFlags.Write) ? 'W' : ' ')}{(flags.HasFlag(ElfSegmentFlags.Execute) ? 'E' : ' ')}";
}
