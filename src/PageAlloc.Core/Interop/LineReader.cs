namespace PageAlloc.Interop;

/// <summary>Reads a text file line by line, in constant memory.</summary>
/// <param name="file">The file, from its position on.</param>
internal sealed class LineReader(LinuxFile file)
{
    // Longer ones than any of /proc, whose longest have a path of 4096 bytes with each byte escaped in four.
    private const int LongestLine = 64 << 10;

    private readonly byte[] _buffer = new byte[2 * LongestLine];
    private int _at;
    private int _length;
    private bool _isEnd;

    /// <summary>The error number of the read that failed; 0 when none did.</summary>
    public int Error { get; private set; }

    /// <summary>The next line without its end, valid until the next call; false behind the last, and when a read fails.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_at, _length - _at);
            int end = rest.IndexOf((byte)'\n');
            if (end >= 0 || (_isEnd && !rest.IsEmpty) || rest.Length >= LongestLine)
            {
                line = end >= 0 ? rest[..end] : rest;
                _at += line.Length + (end >= 0 ? 1 : 0);
                return true;
            }

            if (_isEnd)
            {
                line = default;
                return false;
            }

            Fill();
        }
    }

    private void Fill()
    {
        _buffer.AsSpan(_at, _length - _at).CopyTo(_buffer);
        _length -= _at;
        _at = 0;
        int n = file.Read(_buffer.AsSpan(_length));
        Error = n < 0 ? -n : 0;
        _isEnd = n <= 0;
        _length += Math.Max(n, 0);
    }
}
