using System.Buffers;
using PageAlloc.Heaps;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>What pins free memory in RAM, in a few lines: sizes of blocks with one to look at, tcaches, and what ends the heap.</summary>
public static class PinsView
{
    /// <summary>How many sizes have a line of their own.</summary>
    public const int MostSizes = 5;

    private const int CountWidth = 13;
    private const int NameWidth = 30;
    private const int BytesWidth = 11;
    // glibc trims a top of this size by itself; less below a block holds back nothing. source: malloc/malloc.c, DEFAULT_TRIM_THRESHOLD
    private const ulong TrimThreshold = 128 << 10;

    /// <summary>Writes the section; nothing when nothing is pinned.</summary>
    /// <param name="pins">What pins it.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(HeapPins pins, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        if (pins.TotalBytes != 0)
        {
            sink.Write($"  what pins free memory in RAM ({TextSink.Size(pins.TotalBytes)} on {TextSink.Pages(pins.Pages)} with blocks in use):").EndLine();
            WriteSizes(sink, pins);
        }

        if (pins.TcacheBytes != 0)
        {
            sink.Write($"  tcaches alone keep {TextSink.Size(pins.TcacheBytes)} of pages without a block in use").EndLine();
        }

        if (pins.UnderTop is { } last && last.FreeBelow >= TrimThreshold)
        {
            string what = last.IsCached ? "cached in a tcache" : "in use";
            sink.Write($"  the heap can't get shorter than to the block at {Address(last.Chunk, pins.UnderTopArena!)} ({TextSink.Size(last.Size)}, {what}) before its top:").EndLine();
            sink.Write($"    directly below it {TextSink.Size(last.FreeBelow)} are free, {TextSink.Size(last.ResidentBelow)} of them in RAM").EndLine();
        }
    }

    /// <summary>What malloc returned for a chunk.</summary>
    internal static string Address(ulong chunk, Arena arena) => $"0x{chunk + (ulong)arena.Layout.HeaderSize:x}";

    // Sizes below a hundredth of all are told together.
    private static void WriteSizes(TextSink sink, HeapPins pins)
    {
        PinningSizeSample[] told = [.. pins.BySize.Take(MostSizes).Where(s => s.Size.Bytes * 100 >= pins.TotalBytes)];
        foreach (PinningSizeSample sample in told)
        {
            PinningSize size = sample.Size;
            WriteRow(sink, size.Blocks, $"{(size.Blocks == 1 ? "block" : "blocks")} of {size.Name}", size.Bytes);
            sink.Write($"  e.g. {Address(size.Largest.Chunk, sample.Arena)}{(sample.Content is null ? "" : "  " + sample.Content)}").EndLine();
        }

        IEnumerable<PinningSize> others = pins.BySize.Skip(told.Length).Select(s => s.Size);
        ulong blocks = others.Aggregate(0UL, (sum, size) => sum + size.Blocks);
        if (blocks != 0)
        {
            WriteRow(sink, blocks, blocks == 1 ? "block of another size" : told.Length == 0 ? "blocks" : "blocks of other sizes", others.Aggregate(0UL, (sum, size) => sum + size.Bytes));
            sink.EndLine();
        }

        if (pins.OverheadBytes * 100 >= pins.TotalBytes)
        {
            sink.Repeat(' ', CountWidth + 1).Column("malloc's own structures", NameWidth).Write(" hold "u8).Column(TextSink.Size(pins.OverheadBytes), -BytesWidth).EndLine();
        }
    }

    private static void WriteRow(TextSink sink, ulong blocks, string name, ulong bytes) =>
        sink.Column(TextSink.Count(blocks), -CountWidth).Write(" "u8).Column(name, NameWidth)
            .Write(blocks == 1 ? " holds"u8 : " hold "u8).Column(TextSink.Size(bytes), -BytesWidth);
}
