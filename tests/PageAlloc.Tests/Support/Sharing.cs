using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace PageAlloc.Tests.Support;

/// <summary>Which pages of its own memory a process shares, as the kernel counts them and page by page.</summary>
internal static class Sharing
{
    private const ulong Exclusive = 1UL << 56;
    private const ulong StateBits = Exclusive | (7UL << 61);
    private const ulong Present = 1UL << 63;
    private const ulong FrameBits = (1UL << 55) - 1;

    // In kpageflags, of an anonymous page: the kernel may let others pin it as it is. Fork takes that from it, a pin gives it back.
    private const ulong AnonExclusive = 1UL << 34;

    private static readonly string[] Keys =
        ["Rss", "Pss", "Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty", "Anonymous", "KSM", "Swap", "AnonHugePages"];

    /// <summary>A line for each mapping without a file; the pages of files are shared with whoever runs meanwhile.</summary>
    public static string Of(int pid)
    {
        using SafeFileHandle pagemap = File.OpenHandle($"/proc/{pid}/pagemap");
        using SafeFileHandle? flags = Launch.IsRoot ? File.OpenHandle("/proc/kpageflags") : null;
        return string.Join(
            "\n",
            Smaps.Read(pid).Mappings
                .Where(m => m.Inode == 0 && !m.Name.StartsWith("[v", StringComparison.Ordinal))
                .Select(m => $"{m} {string.Join(' ', Keys.Select(key => $"{key}={m.Bytes(key)}"))} {Pages(pagemap, flags, m)}"));
    }

    // How many are this process' alone, how many may be pinned, and a hash of all bits that say whether and how a page is there.
    private static string Pages(SafeFileHandle pagemap, SafeFileHandle? flags, SmapsMapping mapping)
    {
        ulong page = (ulong)Environment.SystemPageSize;
        byte[] bytes = new byte[(mapping.End - mapping.Start) / page * sizeof(ulong)];
        Assert.Equal(bytes.Length, ReadAll(pagemap, bytes, (long)(mapping.Start / page * sizeof(ulong))));
        int alone = 0, pinnable = 0;
        for (int i = 0; i < bytes.Length; i += sizeof(ulong))
        {
            Span<byte> entry = bytes.AsSpan(i, sizeof(ulong));
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(entry), state = value & StateBits;
            BinaryPrimitives.WriteUInt64LittleEndian(entry, state);
            alone += (state & Exclusive) != 0 ? 1 : 0;
            pinnable += flags is not null && (value & Present) != 0 && (Word(flags, value & FrameBits) & AnonExclusive) != 0 ? 1 : 0;
        }

        return $"alone={alone} pinnable={pinnable} {Convert.ToHexString(SHA256.HashData(bytes))}";
    }

    private static ulong Word(SafeFileHandle file, ulong index)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        Assert.Equal(word.Length, RandomAccess.Read(file, word, (long)(index * sizeof(ulong))));
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    private static int ReadAll(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        int done = 0;
        while (done < bytes.Length && RandomAccess.Read(file, bytes[done..], offset + done) is > 0 and int n)
        {
            done += n;
        }

        return done;
    }
}
