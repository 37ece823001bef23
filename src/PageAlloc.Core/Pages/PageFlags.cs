namespace PageAlloc.Pages;

/// <summary>The bits of /proc/kpageflags that are used. source: include/uapi/linux/kernel-page-flags.h</summary>
internal static class PageFlags
{
    public const ulong CompoundHead = 1UL << 15;
    public const ulong CompoundTail = 1UL << 16;
    public const ulong Ksm = 1UL << 21;
    public const ulong ZeroPage = 1UL << 24;
}
