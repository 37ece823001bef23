using System.Buffers.Binary;

namespace PageAlloc.Targets;

/// <summary>What stands at the start of a moment, once it is complete.</summary>
/// <param name="Number">Which moment of the file it is, from 1 on.</param>
/// <param name="Time">When it was taken.</param>
/// <param name="Length">All its bytes in the file, this header included.</param>
/// <param name="DirectoryLength">The bytes of its directory, which ends it.</param>
/// <param name="DirectoryChecksum">The checksum of the directory.</param>
internal readonly record struct MomentHeader(int Number, DateTimeOffset Time, long Length, int DirectoryLength, uint DirectoryChecksum)
{
    private const int ChecksumAt = SnapshotFormat.MomentHeaderSize - sizeof(uint);

    /// <summary>Where the directory begins, counted from the moment.</summary>
    public long DirectoryStart => Length - DirectoryLength;

    /// <summary>The bytes of the header.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[SnapshotFormat.MomentHeaderSize];
        SnapshotFormat.MomentMagic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), (Time.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), Number);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(28), DirectoryLength);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(32), DirectoryChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(ChecksumAt), Crc32C.Of(bytes.AsSpan(0, ChecksumAt)));
        return bytes;
    }

    /// <summary>Reads a header; null when it is none, or damaged.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="room">The bytes of the file from its start on.</param>
    public static MomentHeader? Decode(ReadOnlySpan<byte> bytes, long room)
    {
        if (!bytes.StartsWith(SnapshotFormat.MomentMagic) || BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]) != Crc32C.Of(bytes[..ChecksumAt]))
        {
            return null;
        }

        long microseconds = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        var header = new MomentHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            IsTime(microseconds) ? DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond) : DateTimeOffset.UnixEpoch,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]));
        return IsTime(microseconds) && header.Number > 0 && header.Length <= room && header.DirectoryLength is > 0 and <= SnapshotFormat.MaxDirectory
            && header.DirectoryStart >= SnapshotFormat.MomentHeaderSize
            ? header
            : null;
    }

    // Up to the year 9999.
    private static bool IsTime(long microseconds) =>
        microseconds >= 0 && microseconds < (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
