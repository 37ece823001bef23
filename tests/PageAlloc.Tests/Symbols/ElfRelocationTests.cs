using System.Text.RegularExpressions;
using PageAlloc.Symbols;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Symbols;

/// <summary>Relative relocations in all their encodings.</summary>
public sealed class ElfRelocationTests
{
    private const string Source = """
        static int x[40];
        int *const pointers[] = {&x[1], &x[2], 0, &x[3], &x[4], &x[5], &x[39]};
        int **self = (int **)pointers; static void *ring = &ring; void **where(void) { return ring; }
        """;

    public static TheoryData<string> Real => [.. ElfFiles.Real];

    [Theory]
    [MemberData(nameof(Real))]
    public void They_are_those_of_readelf(string path)
    {
        using ElfImage image = ElfFiles.Open(path);
        Assert.Equal(Readelf(path), Found(image));
    }

    [Theory]
    [InlineData("-m64")]
    [InlineData("-m32")]
    public void Packed_ones_are_the_same_as_plain_ones(string abi)
    {
        using var folder = new WorkFolder();
        string[] options = [abi, "-shared", "-fPIC", "-nostdlib", "-O1"];
        using ElfImage plain = ElfFiles.Open(ElfFiles.Compile(folder, "plain", Source, options));
        using ElfImage packed = ElfFiles.Open(ElfFiles.Compile(folder, "packed", Source, [.. options, "-Wl,-z,pack-relative-relocs"]));
        Assert.Equal(7, Found(plain).Count);
        Assert.Equal(Readelf(plain.Path!), Found(plain));
        Assert.Equal(Offsets(plain), Offsets(packed));
        Assert.Contains("RELR", Launch.Run("readelf", "-dW", packed.Path!), StringComparison.Ordinal);
        Assert.Single(Found(packed), r => r.Location == r.Value);
    }

    [Fact]
    public void Those_of_AArch64_have_a_number_of_their_own()
    {
        var builder = new ElfBuilder(machine: 183);
        ulong table = builder.PutWords(0x500, 1027, 0x1234, 0x508, 1026, 0x1, 0x510, (7UL << 32) | 1027, 0x99);
        ElfImage image = ElfImage.Parse(builder.Dynamic(7, table).Dynamic(8, 72).Dynamic(9, 24).Build());
        Assert.Equal([new(0x500, 0x1234), new(0x510, 0x99)], image.RelativeRelocations());
    }

    [Fact]
    public void A_bitmap_counts_from_the_last_word()
    {
        var builder = new ElfBuilder();
        ulong data = builder.PutWords(Enumerable.Range(0, 140).Select(i => 0x1000UL + (ulong)i).ToArray());
        ulong table = builder.PutWords(data, 1 | (1UL << 1) | (1UL << 63), 1 | (1UL << 2));
        ElfImage image = ElfImage.Parse(builder.Dynamic(36, table).Dynamic(35, 24).Dynamic(37, 8).Build());
        Assert.Equal([0UL, 1, 63, 65], image.RelativeRelocations().Select(r => r.Value - 0x1000));
        Assert.All(image.RelativeRelocations(), r => Assert.Equal(data + (r.Value - 0x1000) * 8, r.Location));
    }

    [Fact]
    public void More_than_the_cap_are_refused()
    {
        var builder = new ElfBuilder();
        ulong data = builder.PutWords(new ulong[200]);
        ulong table = builder.PutWords(data, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);
        byte[] bytes = builder.Dynamic(36, table).Dynamic(35, 32).Build();
        Assert.Equal(190, ElfImage.Parse(bytes).RelativeRelocations().Count());
        ElfImage capped = ElfImage.Parse(bytes, new SymbolLimits { MaxRelocations = 100 });
        Assert.Throws<InvalidDataException>(() => capped.RelativeRelocations().Count());
    }

    private static List<RelativeRelocation> Found(ElfImage image) => [.. image.RelativeRelocations().OrderBy(r => r.Location)];

    // The packed file has other addresses; distances within the data stay.
    private static List<ulong> Offsets(ElfImage image) => [.. Found(image).Select(r => unchecked(r.Value - Found(image)[0].Value))];

    private static List<RelativeRelocation> Readelf(string path)
    {
        using ElfImage image = ElfFiles.Open(path);
        var found = new List<RelativeRelocation>();
        foreach (Match m in Regex.Matches(Launch.Run("readelf", "-rW", path), @"^([0-9a-f]+) +[0-9a-f]+ R_\w+_RELATIVE *([0-9a-f]*)$", RegexOptions.Multiline))
        {
            ulong location = Convert.ToUInt64(m.Groups[1].Value, 16), value = 0;
            if (m.Groups[2].Length != 0)
            {
                value = Convert.ToUInt64(m.Groups[2].Value, 16);
            }
            else
            {
                var word = new byte[4];
                Assert.True(image.TryRead(location, word));
                value = BitConverter.ToUInt32(word);
            }

            found.Add(new RelativeRelocation(location, value));
        }

        // Of packed ones it says the places alone.
        foreach (Match m in Regex.Matches(Launch.Run("readelf", "-rW", path), "^([0-9a-f]{16})$", RegexOptions.Multiline))
        {
            ulong location = Convert.ToUInt64(m.Groups[1].Value, 16);
            var word = new byte[8];
            Assert.True(image.TryRead(location, word));
            found.Add(new RelativeRelocation(location, BitConverter.ToUInt64(word)));
        }

        return [.. found.OrderBy(r => r.Location)];
    }
}
