using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Mappings;

/// <summary>Reads /proc/PID/maps a piece at a time: the kernel gives a page of whole lines, and tens of thousands of them may follow.</summary>
internal static class MapsReader
{
    private const int UsualBytes = 64 << 10;

    // Where mappings are joined between two of the reads that the file takes, a line reaches back into those before it. Seen on
    // Linux 6.18, which reads without the process's lock; it takes a change within microseconds, at just that place. What only
    // came or went meanwhile shows nowhere.
    private const int Attempts = 20;

    /// <summary>The mappings of a process, in address order.</summary>
    /// <param name="process">The process.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="limits">Caps on what is read.</param>
    /// <exception cref="FormatException">The file is none of mappings.</exception>
    /// <exception cref="TargetException">It can't be read, is above its cap, or is never of one moment.</exception>
    public static List<Mapping> Read(IProcDirectory process, string name, Limits limits)
    {
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (TryRead(process, name, limits) is { } mappings)
            {
                return mappings;
            }
        }

        throw new TargetException(
            TargetFailure.SystemError, $"the mappings of {name} change faster than they can be read: {Attempts} readings were torn", "stop it meanwhile, with --freeze");
    }

    private static List<Mapping>? TryRead(IProcDirectory process, string name, Limits limits)
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
                if (!MapsParser.TryAddLine(rest[..end], mappings, limits.MaxMappings))
                {
                    return null;
                }
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

        return length == 0 || MapsParser.TryAddLine(buffer.AsSpan(0, length), mappings, limits.MaxMappings) ? mappings : null;
    }
}
