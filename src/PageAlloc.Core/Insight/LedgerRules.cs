using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Insight;

/// <summary>What a page is for, as its mapping tells, where nothing more is known.</summary>
internal static class LedgerRules
{
    /// <summary>What a page of a mapping is for.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="page">The page's state.</param>
    /// <param name="heapsAreKnown">Whether heaps were found: else [heap] may be one.</param>
    public static LedgerKind Of(Mapping mapping, PageState page, bool heapsAreKnown)
    {
        ReadOnlySpan<byte> name = mapping.Name.Span;
        bool isExecutable = mapping.Permissions.HasFlag(MappingPermissions.Execute);
        if (mapping.Backing == MappingBacking.Device || name.SequenceEqual("[vdso]"u8) || name.StartsWith("[uprobes"u8))
        {
            return LedgerKind.Kernel;
        }

        if (mapping.Backing is MappingBacking.Anonymous or MappingBacking.Unknown)
        {
            return name.SequenceEqual("[stack]"u8) ? LedgerKind.MainStack
                : name.SequenceEqual("[heap]"u8) && !heapsAreKnown ? LedgerKind.HeapUnknown
                : isExecutable ? LedgerKind.Jit
                : LedgerKind.Anonymous;
        }

        // A memfd or the like has no path that a program could have been installed under.
        bool isPath = mapping.Backing == MappingBacking.File
            || (name.StartsWith("/"u8) && !name.StartsWith("/memfd:"u8) && !name.StartsWith("/SYSV"u8) && !name.StartsWith("/dev/zero"u8));
        if (isExecutable)
        {
            return isPath ? LedgerKind.Code : LedgerKind.Jit;
        }

        // Pages that were changed are the process's own, also where they may not be written any more (RELRO).
        return page.Kind switch
        {
            PageKind.SharedMemory => LedgerKind.SharedMemory,
            PageKind.File when !IsWrittenPrivately(mapping) => LedgerKind.Files,
            _ => LedgerKind.Data,
        };
    }

    private static bool IsWrittenPrivately(Mapping mapping) =>
        (mapping.Permissions & (MappingPermissions.Write | MappingPermissions.Shared)) == MappingPermissions.Write;
}
