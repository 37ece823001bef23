using System.Buffers;
using System.Globalization;
using PageAlloc.Blocks;
using PageAlloc.Insight.Diff;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>What changed between two moments, as text: sums, blocks, mappings and arenas, most important first.</summary>
public static class DiffView
{
    private const int NameWidth = 30;
    private const int ColumnWidth = 16;

    /// <summary>Writes which two moments are compared, and what they have in common when it is not their address space.</summary>
    /// <param name="diff">What changed.</param>
    /// <param name="style">What the reader can show.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void WriteHeader(ProcessDiff diff, TextStyle style, IBufferWriter<byte> output)
    {
        const int screenWidth = 80;
        const int addressWidth = 20;
        var options = new MapOptions { Style = style, Width = screenWidth - addressWidth };
        if (diff.Old.Target.Pid != diff.New.Target.Pid || diff.Old.Target.Kind != diff.New.Target.Kind || !diff.IsJoined)
        {
            HeaderView.Write(diff.Old.Target, options, output);
        }

        HeaderView.Write(diff.New.Target, options, output);
        var sink = new TextSink(output);
        if (diff.IsJoined && diff.Elapsed is { } elapsed && elapsed > TimeSpan.Zero)
        {
            sink.Write(string.Create(CultureInfo.InvariantCulture, $"  {Seconds(elapsed)} lie between the two")).EndLine();
        }

        if (diff.IsJoined && TwoProcesses(diff.Old.Target, diff.New.Target) is { } two)
        {
            sink.Write("  "u8).Write(two).EndLine();
        }

        string? why = diff.Basis switch
        {
            DiffBasis.OtherRun => "two runs of one program: their addresses have nothing to do with each other",
            DiffBasis.OtherProgram => "two different programs: their addresses have nothing to do with each other",
            DiffBasis.OtherMachine => "two machines: their pages or pointers are not of one size",
            _ => null,
        };
        if (why is not null)
        {
            sink.Write($"  {why},").EndLine().Write("  so sums are compared by name and size: which of the blocks are new is not known"u8).EndLine();
        }
    }

    /// <summary>Writes the tables.</summary>
    /// <param name="diff">What changed.</param>
    /// <param name="style">What the reader can show.</param>
    /// <param name="all">Whether every size, mapping and arena that changed is listed, not only the first.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(ProcessDiff diff, TextStyle style, bool all, IBufferWriter<byte> output)
    {
        WriteTotals(diff, output);
        if (diff.Blocks is { } blocks)
        {
            BlockChangesView.Write(blocks, all, output);
        }
        else if (diff.Old.Heaps is not null || diff.New.Heaps is not null)
        {
            string whose = diff.New.KnowsHeaps ? "the old moment are" : diff.Old.KnowsHeaps ? "the new moment are" : "both moments are";
            new TextSink(output).EndLine().Write($"  blocks are not compared: the heaps of {whose} not known").EndLine();
        }

        MappingChangesView.Write(diff, style, all, output);
        ArenaChangesView.Write(diff, all, output);
    }

    /// <summary>
    /// That two moments with one address space are of different processes by number, in words; null when they are not. One may be a
    /// fork of the other, or both are runs of a program that is always loaded at the same addresses, as without ASLR: nothing tells.
    /// </summary>
    internal static string? TwoProcesses(TargetInfo old, TargetInfo now) => old.Pid == now.Pid || old.Pid == 0 || now.Pid == 0 ? null : string.Create(
        CultureInfo.InvariantCulture, $"{old.Pid} and {now.Pid} are different processes by number:\n  blocks are compared by address, as the code is at the same addresses");

    /// <summary>A time: <c>12.3 s</c>, <c>2 h 5 min</c>.</summary>
    internal static string Seconds(TimeSpan time) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(time.TotalSeconds < 100 ? $"{time.TotalSeconds:F1} s" : time.TotalMinutes < 100 ? $"{time.TotalMinutes:F0} min" : time.TotalHours < 48 ? $"{time.TotalHours:F1} h" : $"{time.TotalDays:F1} days")}");

    private static void WriteTotals(ProcessDiff diff, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        sink.EndLine().Write("  "u8).Column("", NameWidth).Column("old", -ColumnWidth).Column("new", -ColumnWidth).Column("change", -ColumnWidth).EndLine();
        Size("in RAM (Rss)", m => m.KnowsPages ? m.ResidentBytes : null);
        Size("in swap", m => m.KnowsPages ? m.SwappedBytes : null);
        if (diff.Old.Heaps is null && diff.New.Heaps is null)
        {
            return;
        }

        Size("heap, from the system", m => m.OverArenas(a => a.Arena.State.SystemBytes) + m.Heaps?.Heaps.MmappedBytes);
        ulong? oldUsed = UsedOf(diff.Old);
        ulong? newUsed = UsedOf(diff.New);

        // Where blocks are known one by one, those that merely came to be known, or are not known any more, are no change.
        Row(
            "heap, used", Difference.Size(oldUsed), Difference.Size(newUsed),
            diff.Blocks is { IsJoined: true } joined ? Difference.OfSizes(joined.Gone.Bytes, joined.Added.Bytes) : Difference.OfSizes(oldUsed, newUsed));
        Size("heap, free (tcaches and bins)", m => m.OverArenas(a => a.Bytes(BlockState.Tcache) + a.FreeBytes));
        Size("heap, free (top chunks)", m => m.OverArenas(a => a.Bytes(BlockState.Top)));
        if (Of(diff, a => a.Bytes(BlockState.Unknown)) != (0, 0))
        {
            Size("heap, not known", m => m.OverArenas(a => a.Bytes(BlockState.Unknown)));
        }

        ulong? before = BlocksOf(diff.Old);
        ulong? now = BlocksOf(diff.New);
        Row(
            "blocks in use", Difference.Count(before), Difference.Count(now),
            diff.Blocks is { IsJoined: true } both ? Difference.OfCounts(both.Gone.Blocks, both.Added.Blocks) : Difference.OfCounts(before, now));

        void Size(string name, Func<Moment, ulong?> of) =>
            Row(name, Difference.Size(of(diff.Old)), Difference.Size(of(diff.New)), Difference.OfSizes(of(diff.Old), of(diff.New)));

        void Row(string name, string old, string @new, string change) =>
            sink.Write("  "u8).Column(name, NameWidth).Column(old, -ColumnWidth).Column(@new, -ColumnWidth).Column(change, -ColumnWidth).EndLine();
    }

    private static (ulong Old, ulong New) Of(ProcessDiff diff, Func<ArenaTotals, ulong> of) => (diff.Old.OverArenas(of) ?? 0, diff.New.OverArenas(of) ?? 0);

    private static ulong? UsedOf(Moment moment) => moment.OverArenas(a => a.Bytes(BlockState.Used)) + moment.Heaps?.Heaps.MmappedBytes;

    private static ulong? BlocksOf(Moment moment) => moment.OverArenas(a => a.Blocks(BlockState.Used)) + (ulong?)moment.Heaps?.Heaps.Mmapped.Count;
}
