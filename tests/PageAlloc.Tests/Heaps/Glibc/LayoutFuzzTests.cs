using System.Text;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Symbols;
using PageAlloc.Tests.Heaps.Synthetic;

namespace PageAlloc.Tests.Heaps.Glibc;

/// <summary>Layouts as data, damaged: they are refused, or are used without harm.</summary>
public sealed class LayoutFuzzTests
{
    private const int Cases = 20_000;

    private static readonly byte[] s_id = [0xab, 0xcd];
    private static readonly string[] s_structs = ["malloc_state", "malloc_par"];
    private static readonly string[] s_numbers = ["18446744073709551615", "4294967295", "2147483647", "2147483644", "-1", "1e3", "4096", "0", "null"];

    [Fact]
    public void A_damaged_layout_is_refused_or_does_no_harm()
    {
        byte[] whole = LayoutJson.Write(Described(), s_id, s_structs, []);
        int[] numbers = [.. Enumerable.Range(1, whole.Length - 1).Where(i => char.IsAsciiDigit((char)whole[i]) && !char.IsAsciiDigit((char)whole[i - 1]))];
        var random = new Random(1);
        int read = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = [.. whole];
            int at = random.Next(bytes.Length);
            if (i % 2 == 0)
            {
                bytes[at] = (byte)random.Next(256);
            }
            else
            {
                at = numbers[random.Next(numbers.Length)];
                int end = at;
                while (char.IsAsciiDigit((char)bytes[end]))
                {
                    end++;
                }

                bytes = [.. bytes[..at], .. Encoding.ASCII.GetBytes(s_numbers[random.Next(s_numbers.Length)]), .. bytes[end..]];
            }

            read += IsUsed(bytes) ? 1 : 0;
        }

        Assert.InRange(read, Cases / 10, Cases);
    }

    private static bool IsUsed(byte[] json)
    {
        DwarfResult? result;
        try
        {
            result = LayoutJson.Read(json, s_id, s_structs, [], SymbolLimits.Default);
        }
        catch (InvalidDataException)
        {
            return false;
        }

        if (result is null)
        {
            return false;
        }

        using var memory = new SyntheticMemory(8);
        using var cache = new MemoryCache(memory, 8);
        _ = LayoutFacts.Of(result.Structs);
        if (DescribedMalloc.LayoutOf(result.Structs, 8) is { } layout && ArenaState.Read(cache, 0x1000, layout) is { } state)
        {
            _ = (state.Top, state.Next, state.SystemBytes, state.AttachedThreads, state.IsUnused, state.BinLast(127));
            _ = Enumerable.Range(0, layout.FastbinCount).Sum(i => (long)state.Fastbin(i));
        }

        if (DescribedMalloc.ParLayoutOf(result.Structs) is { } par)
        {
            _ = MallocParameters.Read(cache, 0x1000, par);
        }

        return true;
    }

    private static DwarfResult Described()
    {
        GlibcLayout layout = GlibcLayout.Known(8)[0];
        MallocParLayout par = MallocParLayout.Known(8)[0];
        return new DwarfResult
        {
            Status = DwarfStatus.Read,
            Structs = new Dictionary<string, StructLayout>
            {
                ["malloc_state"] = new("malloc_state", (ulong)layout.StateSize,
                [
                    new("fastbinsY", (ulong)layout.FastbinsOffset, 80, 10), new("top", (ulong)layout.TopOffset, 8, null),
                    new("bins", (ulong)layout.BinsOffset, 2032, 254), new("attached_threads", (ulong)layout.AttachedThreadsOffset, 8, null),
                ]),
                ["malloc_par"] = new("malloc_par", (ulong)par.Size,
                [
                    new("n_mmaps", (ulong)par.Mmaps, 4, null), new("n_mmaps_max", (ulong)par.MmapsMax, 4, null),
                    new("mmapped_mem", (ulong)par.MmappedMem, 8, null), new("sbrk_base", (ulong)par.SbrkBase, 8, null),
                    new("tcache_bins", (ulong)par.TcacheBins, 8, null),
                ]),
            },
            Variables = new Dictionary<string, DwarfVariable>(),
        };
    }
}
