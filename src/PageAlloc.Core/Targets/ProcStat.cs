using System.Buffers.Text;

namespace PageAlloc.Targets;

/// <summary>Reads /proc/PID/stat. source: proc_pid_stat(5)</summary>
internal static class ProcStat
{
    // source: include/linux/sched.h, PF_FORKNOEXEC
    private const uint ForkedButDidNotExec = 0x40;

    /// <summary>Whether the process was forked and ran no other program since.</summary>
    public static bool WasForked(ReadOnlySpan<byte> stat)
    {
        // The second field, the name in brackets, may hold anything; flags are the ninth field, seven blanks behind it.
        ReadOnlySpan<byte> rest = stat[(stat.LastIndexOf((byte)')') + 1)..];
        for (int i = 0; i < 7; i++)
        {
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }

        return Utf8Parser.TryParse(rest, out uint flags, out _) && (flags & ForkedButDidNotExec) != 0;
    }
}
