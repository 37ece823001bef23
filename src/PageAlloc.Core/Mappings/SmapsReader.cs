using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Mappings;

/// <summary>Reads /proc/PID/smaps, which is about a kilobyte a mapping and never held whole.</summary>
internal static class SmapsReader
{
    /// <summary>The figures of a process, by start address of the mapping.</summary>
    /// <exception cref="TargetException">It can't be read.</exception>
    public static Dictionary<ulong, SmapsEntry> Read(IProcDirectory process)
    {
        using LinuxFile file = process.Open("smaps");
        var lines = new LineReader(file);
        var parser = new SmapsParser();
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            parser.Add(line);
        }

        return lines.Error == 0 ? parser.Finish() : throw (lines.Error == Errno.ESRCH
            ? new TargetException(TargetFailure.Ended, "the process ended while its smaps was being read")
            : new TargetException(TargetFailure.SystemError, $"can't read smaps: {ErrorText.Of(lines.Error)}"));
    }
}
