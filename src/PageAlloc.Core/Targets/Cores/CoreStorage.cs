using PageAlloc.Interop;

namespace PageAlloc.Targets.Cores;

/// <summary>
/// The bytes of a core file, read where they are wanted and never whole. It is read, not mapped: who truncates the file, or a
/// disk that fails, ends no reader of it by a signal; and where bytes are copied anyway, a mapping only adds page faults.
/// </summary>
internal sealed class CoreStorage : IDisposable
{
    private readonly LinuxFile _file;
    private readonly bool _hasHoles;

    /// <summary>Takes an open regular file; owns it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, to be named in messages.</param>
    /// <param name="stat">What stat(2) says of it.</param>
    public CoreStorage(LinuxFile file, string path, in statx_t stat)
    {
        _file = file;
        Path = path;
        Length = stat.stx_size;

        // Where the blocks hold all bytes, no file system needs to be asked for holes.
        const ulong blockSize = 512;
        _hasHoles = stat.stx_blocks * blockSize < stat.stx_size;
    }

    /// <summary>The path that was given for it.</summary>
    public string Path { get; }

    /// <summary>How messages name it.</summary>
    public string Name => $"the core file {ByteText.ToPrintable(System.Text.Encoding.UTF8.GetBytes(Path))}";

    /// <summary>Its length in bytes.</summary>
    public ulong Length { get; }

    /// <summary>What went wrong when it was unpacked; null when nothing did.</summary>
    public string? Fault { get; init; }

    /// <summary>The bytes there; null when the file ends before.</summary>
    /// <exception cref="TargetException">They can't be read.</exception>
    public byte[]? Read(ulong offset, ulong count)
    {
        if (offset > Length || count > Length - offset || count > (ulong)Array.MaxLength)
        {
            return null;
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)count);
        return Read(offset, bytes.AsSpan()) == bytes.Length ? bytes : null;
    }

    /// <summary>Fills a span as far as the file goes.</summary>
    /// <returns>The bytes read.</returns>
    /// <exception cref="TargetException">They can't be read.</exception>
    public int Read(ulong offset, Span<byte> buffer)
    {
        int n = offset > long.MaxValue ? 0 : _file.ReadFullyAt(buffer, (long)offset);
        return n >= 0 ? n : throw new TargetException(TargetFailure.SystemError, $"can't read {Name} at byte {offset}: {ErrorText.Of(-n)}");
    }

    /// <summary>The failure to read it as a core file.</summary>
    public TargetException Bad(string why) => new(TargetFailure.BadFile, $"{Path} can't be read as a core file: {why}", RegularFile.Advice);

    /// <summary>That it is a file of no kind that is read.</summary>
    public TargetException Unknown() => new(TargetFailure.BadFile, $"{Path} is no core file and no snapshot: it does not begin as either does", RegularFile.Advice);

    /// <summary>The data, or the hole of zeros, from an offset on: where it begins, which may be before, and ends, and which of them it is.</summary>
    public (ulong Start, ulong End, bool IsData) ExtentAt(ulong offset)
    {
        if (!_hasHoles || offset >= Length)
        {
            return (offset, ulong.MaxValue, offset < Length);
        }

        long data = _file.Seek((long)offset, LibC.SEEK_DATA);
        if (data == -Errno.ENXIO)
        {
            return (offset, Length, false);
        }

        // A file system that does not know holes has none.
        if (data < 0)
        {
            return (0, ulong.MaxValue, true);
        }

        if ((ulong)data > offset)
        {
            return (offset, (ulong)data, false);
        }

        long hole = _file.Seek((long)offset, LibC.SEEK_HOLE);
        return (offset, hole > (long)offset ? (ulong)hole : Length, true);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
