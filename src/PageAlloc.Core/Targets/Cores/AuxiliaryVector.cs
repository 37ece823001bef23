namespace PageAlloc.Targets.Cores;

/// <summary>What the kernel tells a program when it starts, by number. source: linux/auxvec.h</summary>
internal static class AuxiliaryVector
{
    public const ulong AT_PAGESZ = 6;
    public const ulong AT_ENTRY = 9;
    public const ulong AT_PLATFORM = 15;
    public const ulong AT_RANDOM = 25;
    public const ulong AT_EXECFN = 31;
    public const ulong AT_SYSINFO = 32;
    public const ulong AT_SYSINFO_EHDR = 33;
}
