using System.Globalization;
using System.Text;

namespace PageAlloc.Tests.Mappings;

/// <summary>Writes lines of /proc/PID/maps as the kernel does: seq_file's show_map_vma, retold in C#.</summary>
internal static class MapsLine
{
    // 25 + 6 * sizeof(long) - 1, the column that a name is padded to.
    private const int NameColumn = 73;

    public static byte[] Format(
        ulong start, ulong end, string permissions, ulong offset, uint major, uint minor, ulong inode, ReadOnlySpan<byte> name)
    {
        string head = string.Create(
            CultureInfo.InvariantCulture, $"{start:x8}-{end:x8} {permissions} {offset:x8} {major:x2}:{minor:x2} {inode} ");
        var line = new List<byte>(Encoding.ASCII.GetBytes(name.IsEmpty ? head : head.PadRight(NameColumn)));
        foreach (byte b in name)
        {
            // Only the newline is escaped.
            line.AddRange(b == '\n' ? "\\012"u8 : [b]);
        }

        line.Add((byte)'\n');
        return [.. line];
    }
}
