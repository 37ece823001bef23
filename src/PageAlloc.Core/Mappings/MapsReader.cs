using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Mappings;

/// <summary>Reads /proc/PID/maps a piece at a time: the kernel gives a page of whole lines, and tens of thousands of them may follow.</summary>
internal static class MapsReader
{
    private const int UsualBytes = 64 << 10;

    /// <summary>The mappings of a process, in address order.</summary>
    /// <param name="process">The process.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="limits">Caps on what is read.</param>
    /// <exception cref="FormatException">The file is none of mappings.</exception>
    /// <exception cref="TargetException">It can't be read, or is above its cap.</exception>
    public static List<Mapping> Read(IProcDirectory process, string name, Limits limits)
    {
        using LinuxFile file = process.Open("maps");
        var mappings = new List<Mapping>();
        var buffer = new byte[UsualBytes];
        int length = 0;
        for (int n; (n = file.Read(buffer.AsSpan(length))) != 0;)
        {
            if (n < 0)
            {
                throw n == -Errno.ESRCH
                    ? new TargetException(TargetFailure.Ended, $"{name} ended while it was being read")
                    : new TargetException(TargetFailure.SystemError, $"{name}: can't read its maps: {ErrorText.Of(-n)}");
            }

            length += n;
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, length);
            for (int end; (end = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..])
            {
                MapsParser.AddLine(rest[..end], mappings, limits.MaxMappings);
            }

            rest.CopyTo(buffer);
            length = rest.Length;
            if (length == buffer.Length)
            {
                // No path is as long as that, unless somebody made it so.
                int longer = (int)Math.Min(2L * length, limits.MaxProcFileBytes);
                Array.Resize(ref buffer, longer > length ? longer : throw new TargetException(
                    TargetFailure.LimitExceeded, $"{name}: a line of its maps is larger than {limits.MaxProcFileBytes >> 20} MiB"));
            }
        }

        if (length != 0)
        {
            MapsParser.AddLine(buffer.AsSpan(0, length), mappings, limits.MaxMappings);
        }

        return mappings;
    }
}
