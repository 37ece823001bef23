using System.Buffers.Binary;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>The moments of a file, as far as they are complete.</summary>
/// <param name="All">Where each begins, and its header.</param>
/// <param name="Damage">What is wrong behind them; null when nothing is.</param>
internal sealed record SnapshotMoments(IReadOnlyList<(long Start, MomentHeader Header)> All, string? Damage)
{
    /// <summary>Reads the headers of a file.</summary>
    /// <exception cref="TargetException">It is no snapshot, of a later version, or has no complete moment.</exception>
    public static SnapshotMoments Read(LinuxFile file, string path)
    {
        long length = file.TryStat("", out statx_t stat) ? (long)stat.stx_size : 0;
        ReadFileHeader(file, path);
        var all = new List<(long, MomentHeader)>();
        string? damage = null;
        var bytes = new byte[SnapshotFormat.MomentHeaderSize];
        for (long at = SnapshotFormat.FileHeaderSize; at != length && damage is null;)
        {
            MomentHeader? header = file.ReadAt(bytes, at) == bytes.Length ? MomentHeader.Decode(bytes, length - at) : null;
            if (header is { } next && next.Number == all.Count + 1 && all.Count < SnapshotFormat.MaxMoments)
            {
                all.Add((at, next));
                at += next.Length;
            }
            else
            {
                damage = $"from byte {at} on it is cut off or damaged, {(all.Count == 0 ? "within its first moment" : $"after {Amounts.Of((ulong)all.Count, "complete moment")}")}";
            }
        }

        return all.Count != 0 ? new SnapshotMoments(all, damage)
            : throw SnapshotDamage.At(damage ?? $"it ends at byte {length}, before its first moment", path);
    }

    private static void ReadFileHeader(LinuxFile file, string path)
    {
        var bytes = new byte[SnapshotFormat.FileHeaderSize];
        int n = file.ReadAt(bytes, 0);
        int magic = SnapshotFormat.FileMagic.Length;
        if (n < magic || !bytes.AsSpan().StartsWith(SnapshotFormat.FileMagic))
        {
            throw new TargetException(
                TargetFailure.NotSupported, $"{path} is no snapshot: it does not begin as those do that 'pagealloc record' writes", "give a process, or a file of 'pagealloc record'");
        }

        if (n != bytes.Length || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - sizeof(uint))) != Crc32C.Of(bytes.AsSpan(0, bytes.Length - sizeof(uint))))
        {
            throw SnapshotDamage.At($"the checksum of its first {bytes.Length} bytes is wrong", path);
        }

        int version = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(magic));
        if (version is 0 or > SnapshotFormat.Version)
        {
            throw new TargetException(
                TargetFailure.NotSupported,
                $"{path} is a snapshot of version {version}: this program reads versions up to {SnapshotFormat.Version}",
                "a later pagealloc reads it");
        }
    }
}
