using System.Runtime.InteropServices;

namespace PageAlloc.Interop;

/// <summary>Whose a file is.</summary>
internal static unsafe class FileOwner
{
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int OwnerOffset = 20; // stx_uid. source: linux/stat.h

    /// <summary>The number of the user who owns it, links not followed; null when there is none, or that can't be asked.</summary>
    public static uint? Of(string path)
    {
        statx_t stat;
        return LibC.statx(LibC.AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, LibC.STATX_BASIC_STATS, &stat) == 0
            ? MemoryMarshal.Read<uint>(new ReadOnlySpan<byte>((byte*)&stat + OwnerOffset, sizeof(uint)))
            : null;
    }
}
