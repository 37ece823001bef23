using System.Buffers.Text;

namespace PageAlloc.Mappings;

/// <summary>
/// Parses /proc/PID/maps: <c>START-END PERM OFFSET MAJ:MIN INODE NAME</c>, all but the inode in hexadecimal.
/// source: fs/proc/task_mmu.c, show_vma_header_prefix
/// </summary>
public static class MapsParser
{
    /// <summary>Parses the whole text.</summary>
    /// <param name="text">The file's bytes.</param>
    /// <param name="maxMappings">The cap on the number of lines.</param>
    /// <exception cref="FormatException">A line is not of that form; or lines are not in address order.</exception>
    /// <exception cref="TargetException">There are more lines than the cap.</exception>
    public static List<Mapping> Parse(ReadOnlyMemory<byte> text, int maxMappings)
    {
        var mappings = new List<Mapping>(Math.Min(maxMappings, text.Length / 80));
        for (ReadOnlySpan<byte> rest = text.Span; !rest.IsEmpty;)
        {
            int end = rest.IndexOf((byte)'\n');
            if (!TryAddLine(end < 0 ? rest : rest[..end], mappings, maxMappings))
            {
                throw NotALine(end < 0 ? rest : rest[..end], mappings.Count);
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return mappings;
    }

    /// <summary>Parses the next line, without its end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="mappings">Those of the lines before; gets one more.</param>
    /// <param name="maxMappings">The cap on their number.</param>
    /// <returns>Whether it is behind the one before; if not, it was not added.</returns>
    /// <exception cref="FormatException">The line is not of that form.</exception>
    /// <exception cref="TargetException">There are more lines than the cap.</exception>
    internal static bool TryAddLine(ReadOnlySpan<byte> line, List<Mapping> mappings, int maxMappings)
    {
        if (mappings.Count == maxMappings)
        {
            throw new TargetException(TargetFailure.LimitExceeded, $"the process has more than {maxMappings} mappings");
        }

        Mapping? last = mappings.Count == 0 ? null : mappings[^1];
        Mapping mapping = ParseLine(line, last) ?? throw NotALine(line, mappings.Count);
        if (mapping.Range.Start < last?.Range.End)
        {
            return false;
        }

        mappings.Add(mapping);
        return true;
    }

    private static FormatException NotALine(ReadOnlySpan<byte> line, int before) =>
        new($"line {before + 1} of maps is not 'START-END PERM OFFSET MAJ:MIN INODE NAME' in address order: {ByteText.ToPrintable(line)}");

    private static Mapping? ParseLine(ReadOnlySpan<byte> line, Mapping? last)
    {
        ReadOnlySpan<byte> s = line;
        if (!TakeHex(ref s, (byte)'-', out ulong start)
            || !TakeHex(ref s, (byte)' ', out ulong end)
            || !TakePermissions(ref s, out MappingPermissions permissions)
            || !TakeHex(ref s, (byte)' ', out ulong offset)
            || !TakeHex(ref s, (byte)':', out ulong major)
            || !TakeHex(ref s, (byte)' ', out ulong minor)
            || !Utf8Parser.TryParse(s, out ulong inode, out int digits)
            || (digits < s.Length && s[digits] != ' ')
            || end <= start
            || major > uint.MaxValue
            || minor > uint.MaxValue)
        {
            return null;
        }

        // One blank follows the inode, then padding; a name may itself end with blanks, but none begins with one. A file is
        // mapped in several pieces, one behind the other.
        ReadOnlySpan<byte> name = s[digits..].TrimStart((byte)' ');
        return new Mapping
        {
            Range = new AddressRange(start, end),
            Permissions = permissions,
            Offset = offset,
            DeviceMajor = (uint)major,
            DeviceMinor = (uint)minor,
            Inode = inode,
            Name = name.IsEmpty ? default : last is not null && name.SequenceEqual(last.Name.Span) ? last.Name : name.ToArray(),
        };
    }

    private static bool TakeHex(ref ReadOnlySpan<byte> s, byte separator, out ulong value)
    {
        if (!Utf8Parser.TryParse(s, out value, out int digits, 'x') || digits >= s.Length || s[digits] != separator)
        {
            return false;
        }

        s = s[(digits + 1)..];
        return true;
    }

    private static bool TakePermissions(ref ReadOnlySpan<byte> s, out MappingPermissions permissions)
    {
        permissions = MappingPermissions.None;
        if (s.Length < 5 || s[4] != ' '
            || !Take(s[0], 'r', '-', MappingPermissions.Read, ref permissions)
            || !Take(s[1], 'w', '-', MappingPermissions.Write, ref permissions)
            || !Take(s[2], 'x', '-', MappingPermissions.Execute, ref permissions)
            || !Take(s[3], 's', 'p', MappingPermissions.Shared, ref permissions))
        {
            return false;
        }

        s = s[5..];
        return true;

        static bool Take(byte letter, char set, char clear, MappingPermissions flag, ref MappingPermissions permissions)
        {
            permissions |= letter == set ? flag : 0;
            return letter == set || letter == clear;
        }
    }
}
