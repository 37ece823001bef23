using System.Runtime.InteropServices;

namespace PageAlloc.Interop;

/// <summary>What sysinfo(2) tells of the machine.</summary>
internal static unsafe partial class SystemMemory
{
    /// <summary>Whether any swap space is in use; true when that can't be asked.</summary>
    public static bool IsSwapUsed()
    {
        sysinfo_t info = default;
        return sysinfo(&info) != 0 || info.totalswap != info.freeswap;
    }

    [LibraryImport("libc")]
    private static partial int sysinfo(sysinfo_t* info);

    /// <summary>struct sysinfo of a 64-bit system, the members used. source: linux/sysinfo.h</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct sysinfo_t
    {
        [FieldOffset(64)] public ulong totalswap;
        [FieldOffset(72)] public ulong freeswap;
    }
}
