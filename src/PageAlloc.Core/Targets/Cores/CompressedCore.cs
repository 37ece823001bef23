using System.IO.Compression;
using PageAlloc.Interop;
using ZstdSharp;

namespace PageAlloc.Targets.Cores;

/// <summary>
/// Unpacks a core file that is compressed with zstd or gzip into a file without a name, as any part of it may be wanted: a
/// compressed one can only be read from front to back. Pages of zeros become holes. It is gone when the program ends.
/// </summary>
internal static class CompressedCore
{
    private const int PieceSize = 1 << 20;
    private const int HoleSize = 4096;

    // Whatever a file unpacks to, others need room too.
    private const long SpareBytes = 256 << 20;
    private const ulong BytesBetweenLooks = 64 << 20;

    private static readonly byte[] s_zstd = [0x28, 0xb5, 0x2f, 0xfd];
    private static readonly byte[] s_gzip = [0x1f, 0x8b];
    private static readonly byte[] s_xz = [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'];
    private static readonly byte[] s_lz4 = [0x04, 0x22, 0x4d, 0x18];

    /// <summary>Whether a file begins as a compressed one does, of whatever name it is.</summary>
    public static bool IsCompressed(LinuxFile file) => Magic(file) is var magic
        && (magic.AsSpan().StartsWith(s_zstd) || magic.AsSpan().StartsWith(s_gzip) || magic.AsSpan().StartsWith(s_xz) || magic.AsSpan().StartsWith(s_lz4));

    /// <summary>Unpacks a file; closes it.</summary>
    /// <param name="file">The compressed file.</param>
    /// <param name="path">Its path.</param>
    /// <param name="limits">Caps on what is unpacked.</param>
    /// <exception cref="TargetException">There is no room for it, or it can't be unpacked at all.</exception>
    public static CoreStorage Unpack(LinuxFile file, string path, Limits limits)
    {
        using (file)
        {
            byte[] magic = Magic(file);
            if (magic.AsSpan().StartsWith(s_xz) || magic.AsSpan().StartsWith(s_lz4))
            {
                string tool = magic.AsSpan().StartsWith(s_xz) ? "xz" : "lz4";
                throw new TargetException(TargetFailure.BadFile, $"{path} is compressed with {tool}, which is not read", $"unpack it first: {tool} -dc {path} > /var/tmp/core");
            }

            string folder = Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } temporary ? temporary : "/var/tmp";
            LinuxFile unpacked = TemporaryFile.Create(folder);
            try
            {
                using Stream stream = magic.AsSpan().StartsWith(s_zstd)
                    ? new DecompressionStream(new LinuxFileStream(file))
                    : new GZipStream(new LinuxFileStream(file), CompressionMode.Decompress);
                string? fault = Copy(stream, unpacked, path, folder, limits);
                _ = unpacked.TryStat("", out statx_t stat);
                return new CoreStorage(unpacked, path, stat) { Fault = fault };
            }
            catch
            {
                unpacked.Dispose();
                throw;
            }
        }
    }

    private static byte[] Magic(LinuxFile file)
    {
        var magic = new byte[8];
        _ = file.ReadFullyAt(magic, 0);
        return magic;
    }

    // What is wrong with the stream, behind which the core is cut; null when nothing is.
    private static string? Copy(Stream stream, LinuxFile to, string path, string folder, Limits limits)
    {
        byte[] piece = GC.AllocateUninitializedArray<byte>(PieceSize);
        var drive = new DriveInfo(folder);
        ulong length = 0, written = 0, nextLook = 0;
        string? fault = null;
        for (int n = 1; n != 0 && fault is null; length += (ulong)n)
        {
            n = 0;
            try
            {
                for (int more = 1; more != 0 && n < piece.Length; n += more)
                {
                    more = stream.Read(piece.AsSpan(n));
                }
            }
            catch (Exception e) when (e is InvalidDataException or ZstdException or IOException)
            {
                fault = $"it can't be unpacked beyond byte {length + (ulong)n} of the core: {e.Message.TrimEnd('.')}";
            }

            if (length + (ulong)n > limits.MaxUnpackedBytes || (written >= nextLook && drive.AvailableFreeSpace < SpareBytes))
            {
                throw NoRoom(path, folder, length);
            }

            nextLook = written >= nextLook ? written + BytesBetweenLooks : nextLook;
            written += Write(piece.AsSpan(0, n), to, (long)length, path, folder);
        }

        int error = to.SetLength((long)length);
        return error == 0 ? length == 0 && fault is not null ? throw new TargetException(TargetFailure.BadFile, $"{path}: {fault}", Advice(path, fault)) : fault
            : throw new TargetException(TargetFailure.SystemError, $"can't unpack {path} into {folder}: {ErrorText.Of(-error)}");
    }

    // zstd --long wants as much memory to unpack as its window has: up to 2 GiB, which nobody's file gets here unasked.
    private static string Advice(string path, string fault) =>
        fault.Contains("memory", StringComparison.Ordinal) ? $"unpack it first: zstd -d --long=31 {path} -o /var/tmp/core" : "give the whole file";

    private static ulong Write(ReadOnlySpan<byte> bytes, LinuxFile to, long offset, string path, string folder)
    {
        ulong written = 0;
        while (!bytes.IsEmpty)
        {
            bool isZero = IsZero(bytes);
            int length = 0;
            while (length < bytes.Length && IsZero(bytes[length..]) == isZero)
            {
                length = Math.Min(length + HoleSize, bytes.Length);
            }

            int error = isZero ? 0 : to.WriteAt(bytes[..length], offset);
            if (error != 0)
            {
                throw error == -Errno.ENOSPC ? NoRoom(path, folder, (ulong)offset)
                    : new TargetException(TargetFailure.SystemError, $"can't unpack {path} into {folder}: {ErrorText.Of(-error)}");
            }

            written += isZero ? 0 : (ulong)length;
            offset += length;
            bytes = bytes[length..];
        }

        return written;
    }

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes[..Math.Min(HoleSize, bytes.Length)].ContainsAnyExcept((byte)0);

    private static TargetException NoRoom(string path, string folder, ulong length) => new(
        TargetFailure.LimitExceeded,
        $"there is no room in {folder} to unpack {path}, which has more than {Amounts.Size(length)}",
        "set TMPDIR to a directory with more room");
}
