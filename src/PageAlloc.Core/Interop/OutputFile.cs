using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PageAlloc.Interop;

/// <summary>
/// A file that appears whole or not at all: it is written under another name beside its own, and takes its name when it is
/// on disk. Only its owner may read it. What can't be done is an <see cref="IOException"/> with the system's own words.
/// </summary>
internal sealed unsafe class OutputFile : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int OwnerOnly = 0x180; // 0600
    private readonly string _path;

    // The name until it has its own; null while it has none at all, so that nothing is left however the program ends.
    private string? _temporary;
    private bool _isNamed;

    private OutputFile(int fd, string path, string? temporary) : base(ownsHandle: true)
    {
        SetHandle(fd);
        _path = path;
        _temporary = temporary;
    }

    private int Fd => (int)handle;

    /// <summary>Creates the file, under its other name.</summary>
    /// <param name="path">Its own name.</param>
    /// <param name="replace">Whether it may take the place of another file; never of anything else.</param>
    /// <exception cref="IOException">It can't be created, or there is one already.</exception>
    public static OutputFile Create(string path, bool replace)
    {
        using LinuxFile? old = LinuxFile.Open(null, path, out _, LibC.O_PATH);
        if (old is not null && (!replace || !old.TryStat("", out statx_t stat) || (stat.stx_mode & LibC.S_IFMT) != LibC.S_IFREG))
        {
            throw new IOException($"can't write {path}: {(replace ? "it is no regular file" : "there is such a file already")}");
        }

        // Through a symbolic link the file is meant, not the link.
        path = new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        int nameless = LibC.openat(LibC.AT_FDCWD, FolderOf(path), LibC.O_RDWR | LibC.O_TMPFILE | LibC.O_CLOEXEC, OwnerOnly);
        if (nameless >= 0)
        {
            return new OutputFile(nameless, path, null);
        }

        // Not every file system can do that.
        string temporary = TemporaryName(path);
        int fd;
        do
        {
            fd = LibC.openat(LibC.AT_FDCWD, temporary, LibC.O_RDWR | LibC.O_CREAT | LibC.O_EXCL | LibC.O_CLOEXEC, OwnerOnly);
        }
        while (fd < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
        return fd < 0 ? throw Failed(path) : new OutputFile(fd, path, temporary);
    }

    /// <summary>Writes at a place in the file.</summary>
    /// <exception cref="IOException">It can't be written: the disk is full.</exception>
    public void WriteAt(ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint n = LibC.pwrite(Fd, start + done, bytes.Length - done, offset + done);
                if (n < 0 && Marshal.GetLastPInvokeError() != Errno.EINTR)
                {
                    throw Failed(_path);
                }

                done += (int)Math.Max(n, 0);
            }
        }
    }

    /// <summary>Cuts the file off.</summary>
    /// <exception cref="IOException">That can't be done.</exception>
    public void Truncate(long length) => Check(LibC.ftruncate(Fd, length));

    /// <summary>Waits until what was written is on disk.</summary>
    /// <exception cref="IOException">It can't be written there.</exception>
    public void Sync() => Check(LibC.fsync(Fd));

    /// <summary>Gives the file its own name, once all of it is on disk.</summary>
    /// <param name="replace">Whether it may take the place of another file.</param>
    /// <exception cref="IOException">There is one already, or it can't be done.</exception>
    public void TakeName(bool replace)
    {
        Sync();

        if (_temporary is null)
        {
            string own = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Fd}");
            if (!replace)
            {
                Check(LibC.linkat(LibC.AT_FDCWD, own, LibC.AT_FDCWD, _path, LibC.AT_SYMLINK_FOLLOW));
            }
            else
            {
                _temporary = TemporaryName(_path);
                Check(LibC.linkat(LibC.AT_FDCWD, own, LibC.AT_FDCWD, _temporary, LibC.AT_SYMLINK_FOLLOW));
                Check(LibC.rename(_temporary, _path));
            }
        }
        else
        {
            // link(2) alone never replaces; not every file system has it, and then a look before must do.
            bool isLinked = !replace && LibC.linkat(LibC.AT_FDCWD, _temporary, LibC.AT_FDCWD, _path, 0) == 0;
            if (!replace && !isLinked && (Marshal.GetLastPInvokeError() == Errno.EEXIST || Path.Exists(_path)))
            {
                throw new IOException($"can't write {_path}: there is such a file already");
            }

            Check(isLinked ? LibC.unlink(_temporary) : LibC.rename(_temporary, _path));
        }

        _isNamed = true;
        SyncFolder();
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        if (!_isNamed && _temporary is not null)
        {
            _ = LibC.unlink(_temporary);
        }

        return LibC.close(Fd) == 0;
    }

    // The name is on disk when its folder is. A file system that can't say so has done what it could.
    private void SyncFolder()
    {
        int fd = LibC.openat(LibC.AT_FDCWD, FolderOf(_path), LibC.O_RDONLY | LibC.O_CLOEXEC, 0);
        if (fd >= 0)
        {
            _ = LibC.fsync(fd);
            _ = LibC.close(fd);
        }
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";

    private static string TemporaryName(string path) => $"{path}.{Guid.NewGuid():N}.tmp";

    private void Check(int result)
    {
        if (result < 0)
        {
            throw Failed(_path);
        }
    }

    private static IOException Failed(string path) => new($"can't write {path}: {ErrorText.Of(Marshal.GetLastPInvokeError())}");
}
