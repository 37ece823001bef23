using PageAlloc.Interop;

namespace PageAlloc.Targets.Cores;

/// <summary>Makes files without a name: they are gone with the last descriptor, however the program ends.</summary>
internal static class TemporaryFile
{
    private const int OwnerOnly = 0x180; // 0600

    /// <summary>Makes one, to be read and written.</summary>
    /// <param name="folder">The directory on whose file system it lies.</param>
    /// <exception cref="TargetException">It can't be made.</exception>
    public static LinuxFile Create(string folder)
    {
        LinuxFile? file = LinuxFile.Open(null, folder, out int error, LibC.O_RDWR | LibC.O_TMPFILE, OwnerOnly);
        if (file is null && error is not (Errno.EACCES or Errno.ENOENT))
        {
            // Not every file system can do that: a name that is taken away at once is nearly the same.
            string path = Path.Combine(folder, $".pagealloc-{Guid.NewGuid():N}");
            file = LinuxFile.Open(null, path, out error, LibC.O_RDWR | LibC.O_CREAT | LibC.O_EXCL, OwnerOnly);
            if (file is not null)
            {
                File.Delete(path);
            }
        }

        return file ?? throw new TargetException(
            TargetFailure.SystemError, $"can't make a file in {folder}: {ErrorText.Of(error)}", "set TMPDIR to a directory that can be written to");
    }
}
