using System.Buffers;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>The threads that hold most.</summary>
public static class ThreadsView
{
    private const int TidWidth = 9;
    private const int NameWidth = 16;
    private const int ArenaWidth = 15;
    private const int BlocksWidth = 14;
    private const int SizeWidth = 8;

    /// <summary>Writes a line for each of the largest threads, and one for all others.</summary>
    /// <param name="figures">The threads.</param>
    /// <param name="most">How many threads have a line of their own.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(ThreadFigures figures, int most, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        ThreadMemory[] largest = [.. figures.Threads.OrderByDescending(Held).ThenBy(t => t.Tid)];
        int shown = largest.Length <= most + 1 ? largest.Length : most;
        sink.EndLine().Write("  "u8).Column("thread", TidWidth).Column("name", NameWidth).Column("arena", ArenaWidth)
            .Column("cached blocks", -BlocksWidth).Column("bytes", -SizeWidth).Column("stack", -SizeWidth).Column("in RAM", -SizeWidth).EndLine();
        foreach (ThreadMemory thread in largest[..shown])
        {
            string name = thread.Name is { } comm ? ByteText.ToPrintable(comm.Span) : figures.ArePagesKnown ? "(ended)" : "?";
            Row($"{thread.Tid}", name, thread.Arena is { } arena ? $"0x{arena:x}" : "-", [thread]);
        }

        if (shown < largest.Length)
        {
            Row("others", $"{TextSink.Count((ulong)(largest.Length - shown))} threads", "", largest[shown..]);
        }

        WriteArenas(figures, sink);

        void Row(string tid, string name, string arena, ThreadMemory[] threads) =>
            sink.Write("  "u8).Column(tid, TidWidth).Column(name, NameWidth).Column(arena, ArenaWidth)
                .Column(TextSink.Count(Sum(threads, t => t.TcacheBlocks)), -BlocksWidth).Column(Size(threads, t => t.TcacheBytes), -SizeWidth)
                .Column(threads.Any(t => t.Stack is null) ? "?" : Size(threads, t => t.Stack!.Value.Length), -SizeWidth)
                .Column(threads.Any(t => t.Stack is null || t.StackResidentBytes is null) ? "?" : Size(threads, t => t.StackResidentBytes!.Value), -SizeWidth).EndLine();
    }

    private static void WriteArenas(ThreadFigures figures, TextSink sink)
    {
        if (figures.UnusedArenas.Count != 0)
        {
            sink.Write($"  {TextSink.Count((ulong)figures.UnusedArenas.Count)} of the arenas have no thread").EndLine();
        }
    }

    private static ulong Held(ThreadMemory thread) => thread.TcacheBytes + (thread.StackResidentBytes ?? 0) + (thread.StackSwappedBytes ?? 0);

    private static string Size(ThreadMemory[] threads, Func<ThreadMemory, ulong> of) => HeapTableView.Size(Sum(threads, of));

    private static ulong Sum(ThreadMemory[] threads, Func<ThreadMemory, ulong> of) => threads.Aggregate(0UL, (sum, t) => sum + of(t));
}
