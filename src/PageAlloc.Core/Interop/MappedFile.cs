using System.Buffers;
using System.Runtime.InteropServices;

namespace PageAlloc.Interop;

/// <summary>
/// A file's content as memory, mapped read-only: whoever truncates it ends this process by a SIGBUS, so it is for files too
/// large to be read. Dispose of it only when no span of it is in use; without that the mapping stays.
/// </summary>
internal sealed unsafe partial class MappedFile : MemoryManager<byte>
{
    private const int PROT_READ = 1;
    private const int MAP_PRIVATE = 2;

    private readonly int _length;
    private byte* _address;

    private MappedFile(byte* address, int length)
    {
        _address = address;
        _length = length;
    }

    /// <summary>Maps a file; null when that fails.</summary>
    /// <param name="file">The file, open for reading; not needed afterwards.</param>
    /// <param name="size">Its size, at least 1.</param>
    /// <param name="error">The error number when null is returned, else 0.</param>
    public static MappedFile? Open(LinuxFile file, int size, out int error)
    {
        byte* address = mmap(null, size, PROT_READ, MAP_PRIVATE, (int)file.DangerousGetHandle(), 0);
        error = (nint)address == -1 ? Marshal.GetLastPInvokeError() : 0;
        return error != 0 ? null : new MappedFile(address, size);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_address, _length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length);
        return new MemoryHandle(_address + elementIndex);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_address != null)
        {
            _ = munmap(_address, _length);
            _address = null;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* mmap(byte* address, nint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(byte* address, nint length);
}
