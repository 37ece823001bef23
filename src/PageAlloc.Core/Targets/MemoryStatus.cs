using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>
/// The sums that the kernel itself keeps for a process, in bytes. They come from counters, not from a look at the pages:
/// on older kernels each processor or thread holds back some pages of them. source: proc_pid_status(5)
/// </summary>
/// <param name="Resident">VmRSS: resident memory, without hugetlb pages.</param>
/// <param name="Swapped">VmSwap: private memory in swap, without shared memory.</param>
/// <param name="PageTables">VmPTE: what the tables take that say where pages are; no part of VmRSS.</param>
/// <param name="Locked">VmLck: what the process has locked, be it in RAM or not.</param>
public sealed record MemoryStatus(ulong Resident, ulong Swapped, ulong PageTables, ulong Locked)
{
    private const int MaxBytes = 64 << 10;

    /// <summary>Reads the sums of a running process; null when <paramref name="target"/> is none, or has given up its memory.</summary>
    public static MemoryStatus? Read(ITarget target)
    {
        if (target is ISections sections)
        {
            return ProcessSections.ReadStatus(sections);
        }

        if (target is not IProcDirectory process)
        {
            return null;
        }

        using LinuxFile? file = process.TryOpen("status");
        return Parse(file?.ReadToEnd(MaxBytes, out _));
    }

    /// <summary>What the text of a <c>status</c> file says; null when it tells of no memory.</summary>
    internal static MemoryStatus? Parse(ReadOnlySpan<byte> status) =>
        ProcStatus.Bytes(status, "VmRSS:"u8) is { } resident
            ? new MemoryStatus(
                resident,
                ProcStatus.Bytes(status, "VmSwap:"u8) ?? 0,
                ProcStatus.Bytes(status, "VmPTE:"u8) ?? 0,
                ProcStatus.Bytes(status, "VmLck:"u8) ?? 0)
            : null;
}
