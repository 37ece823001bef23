using System.Buffers;
using System.Runtime.InteropServices;

namespace PageAlloc.Interop;

/// <summary>
/// A file's content as memory, read-only. Small files are read, so that nobody who truncates one can end this process by a
/// SIGBUS; large ones are mapped. Dispose of it only when no span of it is in use; without that the mapping stays.
/// </summary>
internal sealed unsafe partial class MappedFile : MemoryManager<byte>
{
    private const int PROT_READ = 1;
    private const int MAP_PRIVATE = 2;

    private readonly byte[] _read = [];
    private byte* _address;
    private readonly int _length;

    private MappedFile(byte[] read)
    {
        _read = read;
        _length = read.Length;
    }

    private MappedFile(byte* address, int length)
    {
        _address = address;
        _length = length;
    }

    /// <summary>Whether it is mapped, not read.</summary>
    public bool IsMapped => _address != null;

    /// <summary>The content of a regular file; null when it can't be had.</summary>
    /// <param name="file">The file, open for reading; not needed afterwards.</param>
    /// <param name="readBelow">Below this many bytes it is read, from there on mapped.</param>
    /// <param name="limit">The cap in bytes.</param>
    /// <param name="error">The error number when null is returned; 0 when it is null because the cap was reached.</param>
    public static MappedFile? Open(LinuxFile file, int readBelow, int limit, out int error)
    {
        if (!file.TryStat("", out statx_t stat) || (stat.stx_mode & LibC.S_IFMT) != LibC.S_IFREG)
        {
            error = Errno.EINVAL;
            return null;
        }

        error = 0;
        if (stat.stx_size > (ulong)limit)
        {
            return null;
        }

        return stat.stx_size < (ulong)readBelow ? Read(file, (int)stat.stx_size, out error) : Map(file, (int)stat.stx_size, out error);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => IsMapped ? new Span<byte>(_address, _length) : _read;

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length);
        return IsMapped ? new MemoryHandle(_address + elementIndex) : _read.AsMemory(elementIndex).Pin();
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (IsMapped)
        {
            _ = munmap(_address, _length);
            _address = null;
        }
    }

    private static MappedFile? Read(LinuxFile file, int size, out int error)
    {
        error = 0;
        byte[] bytes = GC.AllocateUninitializedArray<byte>(size);
        int length = 0;
        for (int n = 1; n > 0 && length < size; length += Math.Max(n, 0))
        {
            n = file.ReadAt(bytes.AsSpan(length), length);
            error = Math.Max(-n, 0);
        }

        return error != 0 ? null : new MappedFile(length == size ? bytes : bytes[..length]);
    }

    private static MappedFile? Map(LinuxFile file, int size, out int error)
    {
        if (size == 0)
        {
            error = 0;
            return new MappedFile([]);
        }

        byte* address = mmap(null, size, PROT_READ, MAP_PRIVATE, (int)file.DangerousGetHandle(), 0);
        error = (nint)address == -1 ? Marshal.GetLastPInvokeError() : 0;
        return error != 0 ? null : new MappedFile(address, size);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* mmap(byte* address, nint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(byte* address, nint length);
}
