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

    /// <summary>struct sysinfo, up to what is used. source: linux/sysinfo.h</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct sysinfo_t
    {
        public nint uptime;
        public nuint load1;
        public nuint load5;
        public nuint load15;
        public nuint totalram;
        public nuint freeram;
        public nuint sharedram;
        public nuint bufferram;
        public nuint totalswap;
        public nuint freeswap;
    }
}
