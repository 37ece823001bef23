using System.Buffers;

namespace PageAlloc.Benchmarks;

/// <summary>Takes what is written as a file would, by blocks of 64 KiB, and throws it away.</summary>
internal sealed class CountingOutput : IBufferWriter<byte>
{
    private const int BlockSize = 64 << 10;

    private readonly byte[] _buffer = new byte[BlockSize * 2];
    private int _used;

    /// <summary>Bytes written so far.</summary>
    public long Written { get; private set; }

    public void Advance(int count)
    {
        Written += count;
        _used += count;
        _used = _used >= BlockSize ? 0 : _used;
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _buffer.AsMemory(_used);

    public Span<byte> GetSpan(int sizeHint = 0) => _buffer.AsSpan(_used);
}
