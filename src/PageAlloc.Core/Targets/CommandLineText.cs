using System.Runtime.InteropServices;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>
/// The command line of a process. The kernel reads it from the memory of the process, and would fault it in there: it is
/// read only when its pages are present.
/// </summary>
internal static class CommandLineText
{
    /// <summary>The arguments; null when they are not in RAM, or this user may not know where they are.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>>? Read(LinuxFile directory, LinuxFile? pagemap, int limit)
    {
        using LinuxFile? statFile = LinuxFile.Open(directory, "stat", out _);
        AddressRange range = ProcStat.Arguments(statFile?.ReadToEnd(4096, out _));
        if (pagemap is null || range.IsEmpty || range.Length > (ulong)limit || !IsPresent(pagemap, range))
        {
            return null;
        }

        using LinuxFile? file = LinuxFile.Open(directory, "cmdline", out _);
        return file?.ReadToEnd(limit, out _) is { } text ? Split(text) : null;
    }

    private static bool IsPresent(LinuxFile pagemap, AddressRange range)
    {
        var pageSize = (ulong)LibC.getpagesize();
        ulong first = range.Start / pageSize;
        var entries = new ulong[(int)(((range.End - 1) / pageSize) - first + 1)];
        int read = pagemap.ReadAt(MemoryMarshal.AsBytes(entries.AsSpan()), (long)(first * sizeof(ulong)));
        return read == entries.Length * sizeof(ulong) && entries.All(e => (e & PagemapBits.Present) != 0);
    }

    /// <summary>The arguments in a text in which each ends with a zero byte.</summary>
    public static List<ReadOnlyMemory<byte>> Split(byte[] text)
    {
        var arguments = new List<ReadOnlyMemory<byte>>();
        for (int start = 0; start < text.Length;)
        {
            int length = text.AsSpan(start).IndexOf((byte)0);
            length = length < 0 ? text.Length - start : length;
            arguments.Add(text.AsMemory(start, length));
            start += length + 1;
        }

        return arguments;
    }
}
