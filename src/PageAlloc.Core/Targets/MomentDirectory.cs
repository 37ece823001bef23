namespace PageAlloc.Targets;

/// <summary>A chunk in a snapshot.</summary>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Stored">Its bytes in the file.</param>
/// <param name="Length">Its bytes before compression.</param>
/// <param name="Checksum">The checksum of its bytes in the file.</param>
internal readonly record struct SnapshotChunk(long Offset, int Stored, int Length, uint Checksum);

/// <summary>Which sections a moment has, and where their chunks are: they stand one behind another, without gaps.</summary>
internal sealed class MomentDirectory
{
    // Id and number of chunks; of a chunk both lengths and the checksum.
    private const int LeastSection = 2;
    private const int LeastChunk = 6;

    // There are about twenty kinds; later versions may have more.
    private const int MaxSections = 1024;

    private readonly List<(int Id, List<SnapshotChunk> Chunks)> _sections = [];

    /// <summary>The sections, in the order of the file.</summary>
    public IReadOnlyList<(int Id, List<SnapshotChunk> Chunks)> Sections => _sections;

    /// <summary>Adds a section.</summary>
    public void Add(SectionId id, List<SnapshotChunk> chunks) => _sections.Add(((int)id, chunks));

    /// <summary>The bytes of the directory.</summary>
    public byte[] Encode()
    {
        using var bytes = new MemoryStream();
        var writer = new SectionWriter(chunk => bytes.Write(chunk));
        writer.Number(_sections.Count);
        foreach ((int id, List<SnapshotChunk> chunks) in _sections)
        {
            writer.Number(id);
            writer.List(chunks, chunk =>
            {
                writer.Number(chunk.Stored);
                writer.Number(chunk.Length);
                writer.Fixed(chunk.Checksum);
            });
        }

        writer.EndChunk();
        return bytes.ToArray();
    }

    /// <summary>Reads a directory.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="start">Where the first chunk begins in the file.</param>
    /// <param name="end">Where the last one must end.</param>
    /// <param name="damage">Makes an exception of what is wrong.</param>
    /// <exception cref="TargetException">It is damaged.</exception>
    public static MomentDirectory Decode(byte[] bytes, long start, long end, Func<string, TargetException> damage)
    {
        var reader = new SectionReader(new Whole(bytes, damage));
        var directory = new MomentDirectory();
        long offset = start;
        int count = reader.Count(LeastSection);
        for (int left = count <= MaxSections ? count : throw damage($"it has {count} sections, above the cap of {MaxSections}"); left > 0; left--)
        {
            int id = reader.Number(int.MaxValue);
            directory._sections.Add((id, reader.List(LeastChunk, () =>
            {
                var chunk = new SnapshotChunk(
                    offset, reader.Number(SnapshotFormat.MaxStoredChunk), reader.Number(SnapshotFormat.ChunkSize), reader.Fixed());
                if (chunk.Stored == 0 || chunk.Length == 0 || chunk.Stored > end - offset)
                {
                    throw damage($"a chunk of section {id} at byte {offset} has {chunk.Stored} bytes");
                }

                offset += chunk.Stored;
                return chunk;
            })));
        }

        return offset == end && reader.Left == 0 ? directory : throw damage($"its sections end at byte {offset}, not at {end}");
    }

    /// <summary>Bytes in memory, as chunks.</summary>
    private sealed class Whole(byte[] bytes, Func<string, TargetException> damage) : ISectionChunks
    {
        public int Count => (bytes.Length + SnapshotFormat.ChunkSize - 1) / SnapshotFormat.ChunkSize;

        public ulong Length => (ulong)bytes.Length;

        public int Read(int index, byte[] buffer)
        {
            ReadOnlySpan<byte> chunk = bytes.AsSpan(index * SnapshotFormat.ChunkSize);
            chunk = chunk[..Math.Min(chunk.Length, SnapshotFormat.ChunkSize)];
            chunk.CopyTo(buffer);
            return chunk.Length;
        }

        public TargetException Damage(string what) => damage($"its directory: {what}");
    }
}
