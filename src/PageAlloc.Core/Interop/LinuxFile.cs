using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PageAlloc.Interop;

/// <summary>
/// An open file descriptor, owned. System.IO is not used for /proc: it asks for locks and sizes, and reads no ioctl.
/// Every method returns what the system call returns, or minus the error number.
/// </summary>
internal sealed unsafe class LinuxFile : SafeHandleZeroOrMinusOneIsInvalid
{
    private LinuxFile(int fd) : base(ownsHandle: true) => SetHandle(fd);

    private int Fd => (int)handle;

    /// <summary>Opens <paramref name="path"/>, for reading unless the flags say otherwise, relative to <paramref name="directory"/> when that is given.</summary>
    /// <param name="directory">A directory opened with O_PATH or O_RDONLY; null for the working directory.</param>
    /// <param name="path">The path.</param>
    /// <param name="error">The error number when null is returned, else 0.</param>
    /// <param name="flags">Flags of open(2) beside O_CLOEXEC.</param>
    /// <param name="mode">The permissions of a file that is made.</param>
    public static LinuxFile? Open(LinuxFile? directory, string path, out int error, int flags = LibC.O_RDONLY, int mode = 0)
    {
        int fd;
        do
        {
            fd = LibC.openat(directory?.Fd ?? LibC.AT_FDCWD, path, flags | LibC.O_CLOEXEC, mode);
            error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == Errno.EINTR);
        return fd < 0 ? null : new LinuxFile(fd);
    }

    /// <summary>An anonymous file in shared memory; null where the kernel has none.</summary>
    public static LinuxFile? CreateMemoryFile(string name)
    {
        int fd = LibC.memfd_create(name, LibC.MFD_CLOEXEC);
        return fd < 0 ? null : new LinuxFile(fd);
    }

    /// <summary>Another descriptor of the same open file: of /proc files, of the same memory, whatever the process has run since.</summary>
    public LinuxFile? Duplicate()
    {
        int fd = LibC.fcntl(Fd, LibC.F_DUPFD_CLOEXEC, 0);
        return fd < 0 ? null : new LinuxFile(fd);
    }

    /// <summary>Reads at the file's position, at most the span's length.</summary>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* b = buffer)
        {
            nint n;
            do
            {
                n = LibC.read(Fd, b, buffer.Length);
            }
            while (n < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
            return n < 0 ? -Marshal.GetLastPInvokeError() : (int)n;
        }
    }

    /// <summary>Reads at <paramref name="offset"/> bytes, at most the span's length.</summary>
    public int ReadAt(Span<byte> buffer, long offset)
    {
        fixed (byte* b = buffer)
        {
            nint n;
            do
            {
                n = LibC.pread(Fd, b, buffer.Length, offset);
            }
            while (n < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
            return n < 0 ? -Marshal.GetLastPInvokeError() : (int)n;
        }
    }

    /// <summary>Reads at <paramref name="offset"/> until the span is full or the file ends; returns how many bytes, or minus the error number.</summary>
    public int ReadFullyAt(Span<byte> buffer, long offset)
    {
        int length = 0;
        for (int n; length < buffer.Length; length += n)
        {
            n = ReadAt(buffer[length..], offset + length);
            if (n <= 0)
            {
                return length == 0 ? n : length;
            }
        }

        return length;
    }

    /// <summary>Writes all bytes at <paramref name="offset"/>; returns 0, or minus the error number.</summary>
    public int WriteAt(ReadOnlySpan<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            fixed (byte* b = buffer)
            {
                nint n = LibC.pwrite(Fd, b, buffer.Length, offset);
                int error = n < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (error is not (0 or Errno.EINTR))
                {
                    return -error;
                }

                int written = (int)Math.Max(n, 0);
                buffer = buffer[written..];
                offset += written;
            }
        }

        return 0;
    }

    /// <summary>Gives the file another length; what is added is zeros that take no room. Returns 0, or minus the error number.</summary>
    public int SetLength(long length) => LibC.ftruncate(Fd, length) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    /// <summary>
    /// The first byte at or behind <paramref name="offset"/> that is in no hole, or else is in one; minus the error number when
    /// there is none (ENXIO), or the file system can't tell. See lseek(2), SEEK_DATA and SEEK_HOLE.
    /// </summary>
    public long Seek(long offset, int whence)
    {
        long found = LibC.lseek(Fd, offset, whence);
        return found < 0 ? -Marshal.GetLastPInvokeError() : found;
    }

    /// <summary>ioctl(2) with a structure that the kernel reads and writes.</summary>
    public int Ioctl<T>(nuint request, ref T argument) where T : unmanaged
    {
        fixed (T* a = &argument)
        {
            int n = LibC.ioctl(Fd, request, a);
            return n < 0 ? -Marshal.GetLastPInvokeError() : n;
        }
    }

    /// <summary>What stat(2) says of the file itself, or of <paramref name="path"/> relative to it.</summary>
    public bool TryStat(string path, out statx_t stat)
    {
        statx_t result = default;
        int n = LibC.statx(Fd, path, path.Length == 0 ? LibC.AT_EMPTY_PATH : 0, LibC.STATX_BASIC_STATS, &result);
        stat = result;
        return n == 0;
    }

    /// <summary>The text of the symbolic link <paramref name="path"/>, relative to this directory; null when it can't be read.</summary>
    public byte[]? ReadLink(string path)
    {
        for (int size = 512; size <= 1 << 20; size *= 4)
        {
            var buffer = new byte[size];
            fixed (byte* b = buffer)
            {
                nint n = LibC.readlinkat(Fd, path, b, size);
                if (n < 0)
                {
                    return null;
                }

                if (n < size)
                {
                    return buffer[..(int)n];
                }
            }
        }

        return null;
    }

    /// <summary>Reads from the position to the end, at most <paramref name="limit"/> bytes.</summary>
    /// <param name="limit">The cap in bytes.</param>
    /// <param name="error">The error number when null is returned; 0 when it is null because the cap was reached.</param>
    [SkipLocalsInit]
    public byte[]? ReadToEnd(int limit, out int error)
    {
        // Most files of /proc are smaller than that.
        Span<byte> buffer = stackalloc byte[4 << 10];
        int length = 0;
        error = 0;
        while (true)
        {
            int n = Read(buffer[length..]);
            if (n < 0)
            {
                error = -n;
                return null;
            }

            if (n == 0)
            {
                return buffer[..length].ToArray();
            }

            length += n;
            if (length > limit)
            {
                return null;
            }

            if (buffer.Length - length < buffer.Length / 4)
            {
                Span<byte> larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(buffer.Length * 4L, Array.MaxLength));
                buffer[..length].CopyTo(larger);
                buffer = larger;
            }
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.close(Fd) == 0;
}
