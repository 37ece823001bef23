using System.Buffers;
using System.Text.Json;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>Processes by the memory that their heaps waste, as a table or as JSON.</summary>
public static class ProcessesView
{
    private const int PidWidth = 9;
    private const int SizeWidth = 10;

    /// <summary>Writes the table.</summary>
    /// <param name="processes">The processes, in the order to show.</param>
    /// <param name="most">How many to show.</param>
    /// <param name="unread">How many could not be read.</param>
    /// <param name="isRoot">Whether the reader may read those of other users.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(IReadOnlyList<ProcessWaste> processes, int most, int unread, bool isRoot, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        sink.Column("PID", -PidWidth).Column("RSS", -SizeWidth).Column("swap", -SizeWidth).Column("heap", -SizeWidth)
            .Column("free", -SizeWidth).Column("can trim", -SizeWidth).Column("pinned", -SizeWidth).Write("  name"u8).EndLine();
        foreach (ProcessWaste process in processes.Take(most))
        {
            bool isKnown = process.Allocator is "glibc";
            string command = ByteText.ToPrintable(process.Command.Span);
            sink.Column($"{process.Pid}", -PidWidth).Column(HeapTableView.Size(process.Resident), -SizeWidth).Column(HeapTableView.Size(process.Swapped), -SizeWidth);
            foreach (ulong bytes in new[] { process.Heap, process.Free, process.Trimmable, process.Pinned })
            {
                sink.Column(isKnown ? HeapTableView.Size(bytes) : "-", -SizeWidth);
            }

            sink.Write($"  {command}{Remark(process, isKnown)}").EndLine();
        }

        if (processes.Count > most)
        {
            sink.Write($"  and {Amounts.Count((ulong)(processes.Count - most))} more: --limit 0 shows all").EndLine();
        }

        if (unread != 0)
        {
            sink.Write($"  {Amounts.Count((ulong)unread)} could not be read{(isRoot ? "" : ": sudo shows those of other users")}").EndLine();
        }
    }

    /// <summary>Writes JSON.</summary>
    /// <param name="processes">The processes, in the order to show.</param>
    /// <param name="most">How many to write.</param>
    /// <param name="unread">How many could not be read.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void WriteJson(IReadOnlyList<ProcessWaste> processes, int most, int unread, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("schema"u8, "pagealloc/ps/1"u8);
        json.WriteNumber("unread"u8, unread);
        json.WriteStartArray("processes"u8);
        foreach (ProcessWaste process in processes.Take(most))
        {
            json.WriteStartObject();
            json.WriteNumber("pid"u8, process.Pid);
            json.WriteString("command"u8, ByteText.ToText(process.Command.Span));
            json.WriteString("allocator"u8, process.Allocator);
            json.WriteNumber("residentBytes"u8, process.Resident);
            json.WriteNumber("swappedBytes"u8, process.Swapped);
            if (process.Allocator is "glibc")
            {
                json.WriteNumber("heapBytes"u8, process.Heap);
                json.WriteNumber("residentFreeBytes"u8, process.Free);
                json.WriteNumber("trimmableBytes"u8, process.Trimmable);
                json.WriteNumber("pinnedBytes"u8, process.Pinned);
            }

            json.WriteBoolean("incomplete"u8, process.IsIncomplete);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    private static string Remark(ProcessWaste process, bool isKnown) =>
        isKnown ? (process.IsIncomplete ? " (heap not known whole)" : "")
        : process.Allocator is { } allocator ? $" ({allocator})"
        : process.IsIncomplete ? " (heap can't be read)"
        : "";
}
