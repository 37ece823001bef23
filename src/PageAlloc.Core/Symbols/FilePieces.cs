using System.Runtime.InteropServices;
using PageAlloc.Interop;

namespace PageAlloc.Symbols;

/// <summary>
/// A file's content in memory of our own, so that nobody who truncates it can end this process by a SIGBUS; and read in pieces, each
/// when it is first asked for: of a libc of two megabytes a tenth is.
/// </summary>
internal sealed class FilePieces : IDisposable
{
    private const int PieceBytes = 16 << 10;

    private readonly LinuxFile _file;
    private readonly byte[] _bytes;
    private readonly bool[] _isRead;
    private volatile int _length;

    private FilePieces(LinuxFile file, int size)
    {
        _file = file;
        _bytes = GC.AllocateUninitializedArray<byte>(size);
        _isRead = new bool[(size + PieceBytes - 1) / PieceBytes];
        _length = size;
    }

    /// <summary>How many bytes there are: fewer than the file was said to have where it ends before, or can't be read on.</summary>
    public int Length => _length;

    /// <summary>Reads the first piece; null when that fails.</summary>
    /// <param name="file">The file, open for reading; not needed afterwards.</param>
    /// <param name="size">The size of the file.</param>
    /// <param name="error">The error number when null is returned, else 0.</param>
    public static FilePieces? Open(LinuxFile file, int size, out int error)
    {
        if (file.Duplicate() is not { } own)
        {
            error = Marshal.GetLastPInvokeError();
            return null;
        }

        var pieces = new FilePieces(own, size);
        error = pieces.Read(0, Math.Min(1, pieces._isRead.Length));
        if (error == 0)
        {
            return pieces;
        }

        pieces.Dispose();
        return null;
    }

    /// <summary>All of it.</summary>
    public ReadOnlyMemory<byte> Whole()
    {
        _ = TrySlice(0, (ulong)_length, out _);
        return _bytes.AsMemory(0, _length);
    }

    /// <summary>Some bytes; false when not all of them are there.</summary>
    public bool TrySlice(ulong offset, ulong length, out ReadOnlySpan<byte> slice)
    {
        slice = default;
        if (!IsWithin(offset, length))
        {
            return false;
        }

        int end = (int)((offset + length + PieceBytes - 1) / PieceBytes);
        for (int piece = (int)(offset / PieceBytes); piece < end; piece++)
        {
            if (!Volatile.Read(ref _isRead[piece]))
            {
                int last = piece + 1;
                while (last < end && !Volatile.Read(ref _isRead[last]))
                {
                    last++;
                }

                _ = Read(piece, last);
                piece = last - 1;
            }
        }

        // What was read may have shown that the file is shorter.
        if (!IsWithin(offset, length))
        {
            return false;
        }

        slice = _bytes.AsSpan((int)offset, (int)length);
        return true;
    }

    /// <summary>Closes the file; what was read stays.</summary>
    public void Dispose() => _file.Dispose();

    private bool IsWithin(ulong offset, ulong length) => offset <= (ulong)_length && length <= (ulong)_length - offset;

    // The error number; 0 where it went well, or the file ended.
    private int Read(int first, int end)
    {
        ObjectDisposedException.ThrowIf(_file.IsClosed, this);
        int start = first * PieceBytes;
        Span<byte> buffer = _bytes.AsSpan(start, Math.Min(end * PieceBytes, _bytes.Length) - start);
        int n = _file.ReadFullyAt(buffer, start);
        if (n < buffer.Length)
        {
            _length = Math.Min(_length, start + Math.Max(n, 0));
        }

        for (int piece = first; piece < end; piece++)
        {
            Volatile.Write(ref _isRead[piece], true);
        }

        return Math.Max(-n, 0);
    }
}
