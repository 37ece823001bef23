using System.Numerics;
using System.Runtime.InteropServices;

namespace PageAlloc.Targets;

/// <summary>The checksum CRC-32C (Castagnoli), as iSCSI and ext4 use it: processors compute it. source: RFC 3720, appendix B.4</summary>
internal static class Crc32C
{
    /// <summary>The checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (byte b in bytes[(bytes.Length & ~7)..])
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
