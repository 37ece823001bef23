using System.Globalization;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>What a heap program says of its own heap: the totals are sums when it has two libcs.</summary>
internal sealed record HeapTruth(
    IReadOnlyDictionary<ulong, ulong> Blocks, IReadOnlyDictionary<string, ulong> Totals, IReadOnlyList<HeapInfo> Infos, int Libraries, ulong? Damaged)
{
    public static HeapTruth Parse(IEnumerable<string> lines)
    {
        var blocks = new Dictionary<ulong, ulong>();
        var totals = new Dictionary<string, ulong>();
        IReadOnlyList<HeapInfo> infos = [];
        int libraries = 0;
        ulong? damaged = null;
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "block":
                    blocks.Add(Address(words[1]), words.Length > 2 ? Number(words[2]) : 0);
                    break;
                case "mallinfo2":
                    libraries++;
                    foreach (string[] pair in words.Skip(1).Select(word => word.Split('=')))
                    {
                        totals[pair[0]] = totals.GetValueOrDefault(pair[0]) + Number(pair[1]);
                    }

                    break;
                case "malloc_info":
                    infos = HeapInfo.ParseAll(line[(words[0].Length + 1)..]);
                    break;
                case "damage":
                    damaged = Address(words[2]);
                    break;
                case "period" or "under":
                    // For the tests of what pins memory.
                    break;
                default:
                    throw new FormatException(line);
            }
        }

        return new HeapTruth(blocks, totals, infos, libraries, damaged);
    }

    private static ulong Address(string word) => ulong.Parse(word.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static ulong Number(string word) => ulong.Parse(word, CultureInfo.InvariantCulture);
}
