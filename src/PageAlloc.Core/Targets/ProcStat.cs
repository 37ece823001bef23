using System.Buffers.Text;

namespace PageAlloc.Targets;

/// <summary>Reads /proc/PID/stat. source: proc_pid_stat(5)</summary>
internal static class ProcStat
{
    private const int FlagsField = 9;
    private const int ArgumentsStartField = 48;

    // source: include/linux/sched.h
    private const ulong ForkedButDidNotExec = 0x40;
    private const ulong KernelThread = 0x200000;

    /// <summary>Whether the process was forked and ran no other program since.</summary>
    public static bool WasForked(ReadOnlySpan<byte> stat) => WasForked(Field(stat, FlagsField));

    /// <summary>The same by the flags alone, which core files have too.</summary>
    public static bool WasForked(ulong flags) => (flags & ForkedButDidNotExec) != 0;

    /// <summary>Whether it is a thread of the kernel.</summary>
    public static bool IsKernelThread(ReadOnlySpan<byte> stat) => (Field(stat, FlagsField) & KernelThread) != 0;

    /// <summary>Where the command line lies in the memory of the process; empty when this user may not know.</summary>
    public static AddressRange Arguments(ReadOnlySpan<byte> stat)
    {
        ulong start = Field(stat, ArgumentsStartField);
        ulong end = Field(stat, ArgumentsStartField + 1);
        return end > start ? new AddressRange(start, end) : default;
    }

    // The second field, the name in brackets, may hold anything; the third follows it.
    private static ulong Field(ReadOnlySpan<byte> stat, int number)
    {
        ReadOnlySpan<byte> rest = stat[(stat.LastIndexOf((byte)')') + 1)..];
        for (int field = 2; field < number; field++)
        {
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }

        return Utf8Parser.TryParse(rest, out ulong value, out _) ? value : 0;
    }
}
