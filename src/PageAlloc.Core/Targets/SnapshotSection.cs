using PageAlloc.Interop;
using ZstdSharp;

namespace PageAlloc.Targets;

/// <summary>A section of a moment in a file: its chunks are checked and decompressed when they are asked for.</summary>
internal sealed class SnapshotSection : ISectionChunks
{
    private readonly LinuxFile _file;
    private readonly IReadOnlyList<SnapshotChunk> _chunks;
    private readonly Func<string, TargetException> _damage;
    private readonly byte[] _stored;

    /// <summary>Makes the section.</summary>
    /// <param name="file">The file; not owned.</param>
    /// <param name="chunks">Its chunks.</param>
    /// <param name="stored">Room for a chunk as it stands in the file, which sections may share.</param>
    /// <param name="damage">Makes an exception of what is wrong.</param>
    public SnapshotSection(LinuxFile file, IReadOnlyList<SnapshotChunk> chunks, byte[] stored, Func<string, TargetException> damage)
    {
        _file = file;
        _chunks = chunks;
        _stored = stored;
        _damage = damage;
        Length = chunks.Aggregate(0UL, (sum, chunk) => sum + (ulong)chunk.Length);
    }

    public int Count => _chunks.Count;

    public ulong Length { get; }

    public TargetException Damage(string what) => _damage(what);

    /// <summary>Reads all chunks, and holds them against their checksums.</summary>
    /// <exception cref="TargetException">One is damaged.</exception>
    public void Verify()
    {
        foreach (SnapshotChunk chunk in _chunks)
        {
            _ = ReadStored(chunk);
        }
    }

    public int Read(int index, byte[] buffer)
    {
        SnapshotChunk chunk = _chunks[index];
        ReadOnlySpan<byte> stored = ReadStored(chunk);
        try
        {
            using var decompressor = new Decompressor();
            return decompressor.Unwrap(stored, buffer.AsSpan(0, chunk.Length)) == chunk.Length
                ? chunk.Length
                : throw Damage($"the chunk at byte {chunk.Offset} is shorter than it says");
        }
        catch (ZstdException e)
        {
            throw Damage($"the chunk at byte {chunk.Offset} can't be decompressed: {e.Message}");
        }
    }

    private ReadOnlySpan<byte> ReadStored(SnapshotChunk chunk)
    {
        Span<byte> stored = _stored.AsSpan(0, chunk.Stored);
        int n = _file.ReadAt(stored, chunk.Offset);
        return n != stored.Length ? throw Damage($"{chunk.Stored} bytes at byte {chunk.Offset} can't be read{(n < 0 ? $": {ErrorText.Of(-n)}" : "")}")
            : Crc32C.Of(stored) != chunk.Checksum ? throw Damage($"the checksum of {chunk.Stored} bytes at byte {chunk.Offset} is wrong")
            : stored;
    }
}
