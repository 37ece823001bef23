using CsCheck;
using PageAlloc.Mappings;

namespace PageAlloc.Tests.Mappings;

/// <summary>Whatever mappings a process has: written as the kernel does and parsed, they are the same.</summary>
public sealed class MapsRoundTripTests
{
    // Names begin with a slash or a bracket; any byte but NUL follows.
    private static readonly Gen<byte[]> Name = Gen.OneOf(
        Gen.Const(Array.Empty<byte>()),
        Gen.Select(Gen.OneOf(Gen.Const((byte)'/'), Gen.Const((byte)'[')), Gen.Byte[1, 255].Array[0, 300], (first, rest) => (byte[])[first, .. rest]));

    private static readonly Gen<Line> OneLine = Gen.Select(
        Gen.ULong[0, 1UL << 40], Gen.ULong[1, 1UL << 30], Gen.Int[0, 15], Gen.ULong, Gen.UInt, Gen.UInt, Gen.ULong, Name,
        (gap, pages, permissions, offset, major, minor, inode, name) =>
            new Line(gap, pages, permissions, offset, major, minor, inode, name));

    [Fact]
    public void Mappings_written_and_parsed_are_the_same() => OneLine.Array[0, 40].Sample(lines =>
    {
        var text = new List<byte>();
        ulong start = 0;
        foreach (Line line in lines)
        {
            start += line.Gap;
            text.AddRange(MapsLine.Format(
                start, start + line.Length, Letters(line.Permissions), line.Offset, line.Major, line.Minor, line.Inode, line.Name));
            start += line.Length;
        }

        List<Mapping> parsed = MapsParser.Parse(text.ToArray(), lines.Length);
        Assert.Equal(lines.Length, parsed.Count);
        ulong at = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            at += lines[i].Gap;
            Assert.Equal(new AddressRange(at, at + lines[i].Length), parsed[i].Range);
            at += lines[i].Length;
            Assert.Equal(lines[i].Permissions, (int)parsed[i].Permissions);
            Assert.Equal(lines[i].Offset, parsed[i].Offset);
            Assert.Equal((lines[i].Major, lines[i].Minor), (parsed[i].DeviceMajor, parsed[i].DeviceMinor));
            Assert.Equal(lines[i].Inode, parsed[i].Inode);
            Assert.Equal(Escaped(lines[i].Name), parsed[i].Name.ToArray());
        }
    });

    // read 1, write 2, execute 4, shared 8, as MappingPermissions declares them.
    private static string Letters(int p) =>
        $"{((p & 1) != 0 ? 'r' : '-')}{((p & 2) != 0 ? 'w' : '-')}{((p & 4) != 0 ? 'x' : '-')}{((p & 8) != 0 ? 's' : 'p')}";

    private static byte[] Escaped(byte[] name) => [.. name.SelectMany(b => b == '\n' ? "\\012"u8.ToArray() : [b])];

    private sealed record Line(
        ulong Gap, ulong Length, int Permissions, ulong Offset, uint Major, uint Minor, ulong Inode, byte[] Name);
}
