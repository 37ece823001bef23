using System.Buffers.Text;

namespace PageAlloc.Mappings;

/// <summary>Which devices are of which file system: parses /proc/PID/mountinfo. source: proc_pid_mountinfo(5)</summary>
internal static class MountTable
{
    /// <summary>Adds the devices whose file system is <paramref name="type"/> to <paramref name="devices"/>.</summary>
    public static void AddDevices(ReadOnlySpan<byte> mountinfo, ReadOnlySpan<byte> type, HashSet<(uint Major, uint Minor)> devices)
    {
        while (!mountinfo.IsEmpty)
        {
            int end = mountinfo.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? mountinfo : mountinfo[..end];
            mountinfo = end < 0 ? default : mountinfo[(end + 1)..];
            int separator = line.IndexOf(" - "u8);
            if (separator >= 0 && IsType(line[(separator + 3)..], type) && TryDevice(line, out (uint, uint) device))
            {
                devices.Add(device);
            }
        }
    }

    private static bool IsType(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> type) =>
        rest.StartsWith(type) && rest.Length > type.Length && rest[type.Length] == ' ';

    // The third field, decimal here, unlike in maps.
    private static bool TryDevice(ReadOnlySpan<byte> line, out (uint Major, uint Minor) device)
    {
        device = default;
        for (int i = 0; i < 2; i++)
        {
            line = line[(line.IndexOf((byte)' ') + 1)..];
        }

        if (!Utf8Parser.TryParse(line, out uint major, out int digits) || digits >= line.Length || line[digits] != ':'
            || !Utf8Parser.TryParse(line[(digits + 1)..], out uint minor, out _))
        {
            return false;
        }

        device = (major, minor);
        return true;
    }
}
