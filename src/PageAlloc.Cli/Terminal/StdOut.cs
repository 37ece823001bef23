using System.Buffers;
using System.Runtime.InteropServices;
using PageAlloc.Interop;

namespace PageAlloc.Cli.Terminal;

/// <summary>Standard output could not be written.</summary>
internal sealed class OutputException(int error) : Exception(ErrorText.Of(error))
{
    /// <summary>Whether the reader has gone, which is no fault.</summary>
    public bool IsBrokenPipe => error == Errno.EPIPE;
}

/// <summary>
/// A file descriptor as a stream of bytes, by write(2). System.Console changes the terminal's keypad mode and hides broken
/// pipes; FileStream writes at an offset of its own, over what others write to the same file.
/// </summary>
internal sealed unsafe class StdOut(int descriptor) : IBufferWriter<byte>
{
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 << 10);
    private int _length;

    /// <summary>Held while bytes go out: who takes it writes between two writes.</summary>
    public object WriteLock { get; } = new();

    /// <inheritdoc/>
    public void Advance(int count) => _length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_length);
    }

    /// <summary>Writes what is buffered.</summary>
    /// <exception cref="OutputException">It can't be written; it is dropped, so that a later call does not fail again.</exception>
    public void Flush()
    {
        int length = _length;
        _length = 0;
        lock (WriteLock)
        {
            fixed (byte* buffer = _buffer)
            {
                Write(buffer, length);
            }
        }
    }

    private void Write(byte* buffer, int length)
    {
        for (int written = 0; written < length;)
        {
            nint n = LibC.write(descriptor, buffer + written, length - written);
            if (n >= 0)
            {
                written += (int)n;
            }
            else if (Marshal.GetLastPInvokeError() is var error && error == Errno.EAGAIN)
            {
                // Some parents leave the terminal, or a pipe, in non-blocking mode.
                var ready = new pollfd_t { fd = descriptor, events = LibC.POLLOUT };
                _ = LibC.poll(&ready, 1, -1);
            }
            else if (error != Errno.EINTR)
            {
                throw new OutputException(error);
            }
        }
    }

    private void Reserve(int sizeHint)
    {
        if (_buffer.Length - _length >= Math.Max(sizeHint, 1))
        {
            return;
        }

        Flush();
        if (_buffer.Length < sizeHint)
        {
            _buffer = new byte[sizeHint];
        }
    }
}
