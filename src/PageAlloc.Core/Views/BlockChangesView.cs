using System.Buffers;
using PageAlloc.Insight.Diff;

namespace PageAlloc.Views;

/// <summary>What became of blocks, by their size: those of which there are more first, which is the usual shape of a leak.</summary>
public static class BlockChangesView
{
    private const int MostGrown = 10;
    private const int MostShrunk = 5;
    private const int NameWidth = 20;
    private const int CountWidth = 9;
    private const int ChangeWidth = 12;
    private const int SizeWidth = 11;

    /// <summary>Writes the tables.</summary>
    /// <param name="blocks">What became of the blocks.</param>
    /// <param name="all">Whether every size is listed, not only the first.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(BlockChanges blocks, bool all, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        sink.EndLine();
        if (blocks.IsJoined)
        {
            sink.Write($"  blocks: {Words(blocks.Added, "new")}, {Words(blocks.Gone, "gone")}, {Words(blocks.Kept, "kept")}").EndLine();
            WriteNotes(blocks, sink);
        }

        SizeChange[] changed = [.. blocks.Sizes.Where(s => blocks.IsJoined ? s.Added.Blocks != 0 || s.Gone.Blocks != 0 : s.Old != s.New)];
        Int128 Net(SizeChange size) => Sides(size, blocks.IsJoined) is var (less, more) ? (Int128)more.Bytes - less.Bytes : 0;
        SizeChange[] grown = [.. changed.Where(s => Net(s) >= 0).OrderByDescending(Net).ThenByDescending(s => s.Added.Bytes).ThenBy(s => s.MinSize)];
        SizeChange[] shrunk = [.. changed.Where(s => Net(s) < 0).OrderBy(Net).ThenBy(s => s.MinSize)];
        WriteTable("more blocks of", grown, all ? int.MaxValue : MostGrown, blocks.IsJoined, sink);
        WriteTable("fewer blocks of", shrunk, all ? int.MaxValue : MostShrunk, blocks.IsJoined, sink);
        if (changed.Length == 0)
        {
            sink.Write("  no block came and none went"u8).EndLine();
        }
    }

    // What came to be known is not new, and what is not known any more is not gone: where blocks are joined, those that are count.
    private static (BlockSum Less, BlockSum More) Sides(SizeChange size, bool isJoined) => isJoined ? (size.Gone, size.Added) : (size.Old, size.New);

    private static void WriteNotes(BlockChanges blocks, TextSink sink)
    {
        if (blocks.Resized.Blocks != 0)
        {
            string one = blocks.Resized.Blocks == 1 ? "is where one of another size was" : "are where ones of another size were";
            sink.Write($"  {TextSink.Count(blocks.Resized.Blocks)} of the new {one}: realloc, or free and malloc").EndLine();
        }

        if (blocks.UnknownBefore.Blocks != 0 || blocks.UnknownNow.Blocks != 0)
        {
            sink.Write($"  not known are {Words(blocks.UnknownBefore, "before")}, {Words(blocks.UnknownNow, "now")}: swapped out, damaged or unreadable").EndLine();
        }
    }

    private static void WriteTable(string title, SizeChange[] sizes, int most, bool isJoined, TextSink sink)
    {
        if (sizes.Length == 0)
        {
            return;
        }

        // One line more says what the others are: it replaces two at least.
        int shown = sizes.Length <= most || sizes.Length == most + 1 ? sizes.Length : most;
        sink.Write("  "u8).Column(title, NameWidth);
        if (isJoined)
        {
            sink.Write(" "u8).Column("new", -CountWidth).Write(" "u8).Column("gone", -CountWidth);
        }
        else
        {
            sink.Write(" "u8).Column("old", -CountWidth).Write(" "u8).Column("now", -CountWidth);
        }

        sink.Column("change", -ChangeWidth).Column("in use now", -SizeWidth).Write(isJoined && sizes[..shown].Any(s => s.Example != 0) ? " one of the new" : "").EndLine();
        foreach (SizeChange size in sizes[..shown])
        {
            Row(size.Name, [size], size.Example == 0 ? "" : $" 0x{size.Example:x}");
        }

        if (shown < sizes.Length)
        {
            Row($"{TextSink.Count((ulong)(sizes.Length - shown))} other sizes", sizes[shown..], "");
        }

        void Row(string name, SizeChange[] rows, string example)
        {
            BlockSum left = Sum(rows, s => isJoined ? s.Added : s.Old);
            BlockSum right = Sum(rows, s => isJoined ? s.Gone : s.New);
            BlockSum now = Sum(rows, s => s.New);
            sink.Write("  "u8).Column(name, NameWidth).Write(" "u8).Column(TextSink.Count(left.Blocks), -CountWidth).Write(" "u8).Column(TextSink.Count(right.Blocks), -CountWidth)
                .Column(Difference.OfSizes(Sum(rows, s => Sides(s, isJoined).Less).Bytes, Sum(rows, s => Sides(s, isJoined).More).Bytes), -ChangeWidth).Column(Difference.Size(now.Bytes), -SizeWidth).Write(example).EndLine();
        }
    }

    private static BlockSum Sum(SizeChange[] sizes, Func<SizeChange, BlockSum> of) => sizes.Aggregate(default(BlockSum), (sum, size) => sum + of(size));

    private static string Words(BlockSum sum, string what) => $"{TextSink.Count(sum.Blocks)} {what} ({Difference.Size(sum.Bytes)})";
}
