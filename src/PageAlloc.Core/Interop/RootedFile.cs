using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace PageAlloc.Interop;

/// <summary>
/// Opens regular files below a root directory that someone else has filled, such as a container's: links lead nowhere
/// outside of it, and nothing but a regular file is opened, for opening a device or a FIFO may have effects, or block.
/// </summary>
internal static unsafe partial class RootedFile
{
    private const int SYS_openat2 = 437; // On all processors. source: asm-generic/unistd.h
    private const int ENOSYS = 38;
    private const ulong RESOLVE_NO_MAGICLINKS = 2;
    private const ulong RESOLVE_IN_ROOT = 0x10;

    /// <summary>Opens a file for reading; null when that can't be done.</summary>
    /// <param name="root">The root directory.</param>
    /// <param name="path">The path in it, absolute or not.</param>
    public static LinuxFile? Open(LinuxFile root, string path)
    {
        var how = new OpenHow { Flags = LibC.O_PATH | LibC.O_CLOEXEC, Resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
        int fd = (int)openat2(SYS_openat2, (int)root.DangerousGetHandle(), path, &how, sizeof(OpenHow));
        if (fd < 0)
        {
            // Before Linux 5.6, and where a filter of system calls does not know openat2.
            return Marshal.GetLastPInvokeError() is ENOSYS or Errno.EPERM ? OpenRegular(root, path.TrimStart('/')) : null;
        }

        try
        {
            return OpenRegular(null, string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}"));
        }
        finally
        {
            _ = LibC.close(fd);
        }
    }

    /// <summary>Opens a path, links followed, if it is a regular file; null when that can't be done.</summary>
    /// <param name="directory">What the path is relative to; null for the working directory.</param>
    /// <param name="path">The path.</param>
    public static LinuxFile? OpenRegular(LinuxFile? directory, string path)
    {
        using LinuxFile? place = LinuxFile.Open(directory, path, out _, LibC.O_PATH);
        return place is not null && place.TryStat("", out statx_t stat) && (stat.stx_mode & LibC.S_IFMT) == LibC.S_IFREG
            ? LinuxFile.Open(null, string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{place.DangerousGetHandle()}"), out _, LibC.O_NONBLOCK)
            : null;
    }

    /// <summary>The path of an open file within a root, all links followed; null when it is not known, or not text.</summary>
    public static string? RealPath(LinuxFile root, LinuxFile file)
    {
        using LinuxFile? links = LinuxFile.Open(null, "/proc/self/fd", out _, LibC.O_PATH);
        if (links is null || LinkOf(links, file) is not { } path)
        {
            return null;
        }

        // What the kernel says is relative to our root, or to the top of a mount namespace that is not ours.
        string prefix = LinkOf(links, root)?.TrimEnd('/') ?? "";
        return path.StartsWith(prefix + "/", StringComparison.Ordinal) ? path[prefix.Length..] : path.StartsWith('/') ? path : null;
    }

    private static string? LinkOf(LinuxFile links, LinuxFile file)
    {
        byte[]? link = links.ReadLink(file.DangerousGetHandle().ToString(CultureInfo.InvariantCulture));
        return link is not null && Utf8.IsValid(link) ? Encoding.UTF8.GetString(link) : null;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint openat2(nint number, nint directory, string path, OpenHow* how, nint size);

    /// <summary>struct open_how. source: linux/openat2.h</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
