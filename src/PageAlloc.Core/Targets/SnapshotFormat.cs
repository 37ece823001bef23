namespace PageAlloc.Targets;

/// <summary>The numbers of the snapshot format, which docs/snapshot.md describes byte by byte.</summary>
internal static class SnapshotFormat
{
    /// <summary>The version that is written, and the newest that is read.</summary>
    public const int Version = 1;

    /// <summary>The bytes of the file's header.</summary>
    public const int FileHeaderSize = 32;

    /// <summary>The bytes of a moment's header.</summary>
    public const int MomentHeaderSize = 64;

    /// <summary>The most bytes of a chunk, which is what is compressed, checked and read at once.</summary>
    public const int ChunkSize = 256 << 10;

    /// <summary>The most bytes that a chunk may take in the file. zstd adds less than that to what can't be compressed.</summary>
    public const int MaxStoredChunk = ChunkSize + (4 << 10);

    /// <summary>The most bytes of the directory of a moment: about ten for each chunk.</summary>
    public const int MaxDirectory = 256 << 20;

    /// <summary>The most moments of a file: one each second for eleven days.</summary>
    public const int MaxMoments = 1_000_000;

    /// <summary>The most bytes of a section that is kept in memory as a whole, before compression.</summary>
    public const ulong MaxHeldSection = 1 << 30;

    /// <summary>What a snapshot begins with: no text, so that a transfer that changes line ends is found out.</summary>
    public static ReadOnlySpan<byte> FileMagic => [0x89, (byte)'P', (byte)'A', (byte)'G', (byte)'E', (byte)'A', (byte)'L', (byte)'L', (byte)'O', (byte)'C', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>What a moment begins with.</summary>
    public static ReadOnlySpan<byte> MomentMagic => "PAmoment"u8;
}
