using System.Buffers;
using PageAlloc.Insight;
using PageAlloc.Insight.Findings;

namespace PageAlloc.Views;

/// <summary>The figures of a process on one screen, 80 characters wide and 40 lines high, or a little more where much is wrong.</summary>
public static class SummaryView
{
    private const int ScreenWidth = 80;
    private const int ScreenHeight = 40;
    private const int MostArenas = 8;
    private const int MostThreads = 5;

    /// <summary>Writes the summary: ledger, arenas, threads, control group, findings.</summary>
    /// <param name="figures">The process.</param>
    /// <param name="style">What the reader can show.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(ProcessFigures figures, TextStyle style, IBufferWriter<byte> output)
    {
        HeaderView.Write(figures.Target, new MapOptions { Style = style, Width = ScreenWidth - 20 }, output);
        ProcessSummary summary = figures.Summary;
        byte[] ledger = Part(o => LedgerView.Write(summary.Ledger, o));
        byte[] huge = Part(o =>
        {
            // Nobody asked for them else.
            if (figures.HugeScan is { } scan)
            {
                HugePagesView.Write(HugePages.Of(figures.Table, figures.Table.Mappings, figures.Heaps?.Pages, figures.Heaps?.Arenas ?? [], scan), o);
            }
        });
        byte[] cgroup = Part(o =>
        {
            if (summary.Cgroup is { } group)
            {
                CgroupView.Write(group, summary.Ledger, ScreenWidth, o);
            }
        });
        byte[] problems = Part(o => WriteProblems(figures, o));

        IReadOnlyList<Finding> findings = FindingList.Of(figures);
        int wanted = Lines(Part(o => FindingsView.Write(findings, ScreenWidth, int.MaxValue, o)));

        // Arenas and threads have what lines findings leave, and the findings what those take not: a table has five lines besides.
        const int around = 10;
        int left = ScreenHeight - 1 - Lines(ledger) - Lines(huge) - Lines(cgroup) - Lines(problems) - wanted - around;
        int most = Math.Clamp(left / 2, 3, MostArenas);
        byte[] arenas = Part(o => WriteHeaps(figures, most, o));
        int threads = Math.Clamp(left - Math.Min(most, figures.Heaps?.Arenas.Count ?? 0), 2, MostThreads);
        byte[] users = Part(o => ThreadsView.Write(summary.Threads, threads, o));
        byte[][] parts = [ledger, huge, arenas, users, cgroup, problems];
        foreach (byte[] part in parts)
        {
            output.Write(part);
        }

        FindingsView.Write(findings, ScreenWidth, ScreenHeight - 1 - parts.Sum(Lines), output);
    }

    private static void WriteHeaps(ProcessFigures figures, int most, IBufferWriter<byte> output)
    {
        switch (figures.Heaps?.Heaps)
        {
            case { Allocator: "glibc", Arenas.Count: > 0 }:
                HeapSummaryView.Write(figures.Heaps, most, output);
                break;
            case { } other:
                new TextSink(output).EndLine();
                HeapTableView.WriteOther(other, output);
                break;
            default:
                break;
        }
    }

    private static void WriteProblems(ProcessFigures figures, IBufferWriter<byte> output)
    {
        if (figures.Heaps is { } heaps)
        {
            HeapProblemsView.Write(heaps.Heaps, heaps.Arenas, output);
        }
    }

    private static int Lines(byte[] text) => text.AsSpan().Count((byte)'\n');

    private static byte[] Part(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
