namespace PageAlloc.Interop;

/// <summary>An open file as a stream, read from its beginning to its end; the file is not owned.</summary>
internal sealed class LinuxFileStream(LinuxFile file) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file can't be read.</exception>
    public override int Read(Span<byte> buffer)
    {
        int n = file.ReadAt(buffer, _position);
        _position += Math.Max(n, 0);
        return n >= 0 ? n : throw new IOException(ErrorText.Of(-n));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
