using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>Opens a file that somebody named as a target.</summary>
internal static class RegularFile
{
    /// <summary>What to do when a file is none that can be looked at.</summary>
    public const string Advice = "give a process, a core file, or a file of 'pagealloc record'";

    /// <summary>Opens it for reading.</summary>
    /// <exception cref="TargetException">It can't be opened, or is no regular file.</exception>
    public static LinuxFile Open(string path, out statx_t stat)
    {
        string name = ByteText.ToPrintable(System.Text.Encoding.UTF8.GetBytes(path));

        // To open a FIFO would wait for its writer.
        LinuxFile file = LinuxFile.Open(null, path, out int error, LibC.O_NONBLOCK) ?? throw new TargetException(
            error is Errno.EACCES or Errno.EPERM ? TargetFailure.PermissionDenied : TargetFailure.SystemError,
            $"can't open {name}: {ErrorText.Of(error)}",
            error is Errno.EACCES or Errno.EPERM ? "use sudo: core files are readable by their owner only" : null);
        if (file.TryStat("", out stat) && (stat.stx_mode & LibC.S_IFMT) == LibC.S_IFREG)
        {
            return file;
        }

        file.Dispose();
        throw new TargetException(TargetFailure.BadFile, $"{name} is no regular file", Advice);
    }
}
