using System.Globalization;
using System.Text.Json;
using PageAlloc.Heaps;
using PageAlloc.Insight;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>The members <c>ledger</c>, <c>threads</c>, <c>arenasWithoutThreads</c>, <c>fewerArenas</c> and <c>cgroup</c> of the JSON contract.</summary>
internal static class SummaryJson
{
    /// <summary>Writes the members.</summary>
    public static void Write(Utf8JsonWriter json, ProcessSummary summary)
    {
        WriteLedger(json, summary.Ledger);
        WriteThreads(json, summary.Threads);
        WriteCgroup(json, summary.Cgroup);
    }

    private static void WriteLedger(Utf8JsonWriter json, Ledger ledger)
    {
        if (!ledger.IsKnown)
        {
            json.WriteNull("ledger"u8);
            return;
        }

        json.WriteStartObject("ledger"u8);
        json.WriteNumber("residentBytes"u8, ledger.ResidentBytes);
        json.WriteNumber("swappedBytes"u8, ledger.SwappedBytes);
        json.WriteNumber("swappedSharedBytes"u8, ledger.SwappedSharedBytes);
        json.WriteNumber("privateBytes"u8, ledger.PrivateBytes);
        json.WriteNumber("hugetlbBytes"u8, ledger.HugetlbBytes);
        Number(json, "pageTableBytes"u8, ledger.Status?.PageTables);
        Number(json, "vmRssBytes"u8, ledger.Status?.Resident);
        Number(json, "vmSwapBytes"u8, ledger.Status?.Swapped);
        json.WriteStartArray("lines"u8);
        foreach (LedgerLine line in ledger.Lines)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, LedgerWords.Id(line.Kind));
            json.WriteNumber("residentBytes"u8, line.ResidentBytes);
            json.WriteNumber("swappedBytes"u8, line.SwappedBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteThreads(Utf8JsonWriter json, ThreadFigures figures)
    {
        json.WriteStartArray("threads"u8);
        foreach (ThreadMemory thread in figures.Threads)
        {
            json.WriteStartObject();
            json.WriteNumber("tid"u8, thread.Tid);
            json.WriteString("name"u8, thread.Name is { } name ? ByteText.ToText(name.Span) : null);
            json.WriteString("arena"u8, thread.Arena is { } arena ? Hex(arena) : null);
            json.WriteStartObject("tcache"u8);
            json.WriteNumber("blocks"u8, thread.TcacheBlocks);
            json.WriteNumber("bytes"u8, thread.TcacheBytes);
            json.WriteEndObject();
            WriteStack(json, thread);
            json.WriteEndObject();
            json.Flush();
        }

        json.WriteEndArray();
        json.WriteStartArray("arenasWithoutThreads"u8);
        foreach (Arena arena in figures.UnusedArenas)
        {
            json.WriteStringValue(Hex(arena.Address));
        }

        json.WriteEndArray();
        if (!figures.ArePagesKnown)
        {
            json.WriteNull("fewerArenas"u8);
            return;
        }

        json.WriteStartArray("fewerArenas"u8);
        for (int limit = 1; limit < figures.ArenaCount; limit *= 2)
        {
            json.WriteStartObject();
            json.WriteNumber("arenas"u8, limit);
            json.WriteNumber("atMostBytes"u8, figures.SavedAtMost(limit));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteStack(Utf8JsonWriter json, ThreadMemory thread)
    {
        if (thread.Stack is not { } stack)
        {
            json.WriteNull("stack"u8);
            return;
        }

        json.WriteStartObject("stack"u8);
        json.WriteString("start"u8, Hex(stack.Start));
        json.WriteString("end"u8, Hex(stack.End));
        Number(json, "residentBytes"u8, thread.StackResidentBytes);
        Number(json, "swappedBytes"u8, thread.StackSwappedBytes);
        json.WriteEndObject();
    }

    private static void WriteCgroup(Utf8JsonWriter json, CgroupMemory? cgroup)
    {
        if (cgroup is null)
        {
            json.WriteNull("cgroup"u8);
            return;
        }

        json.WriteStartObject("cgroup"u8);
        json.WriteNumber("version"u8, cgroup.Version);
        json.WriteString("path"u8, cgroup.Path);
        json.WriteNumber("currentBytes"u8, cgroup.Current);
        Number(json, "limitBytes"u8, cgroup.Limit);
        Number(json, "privateBytes"u8, cgroup.Anonymous);
        Number(json, "fileBytes"u8, cgroup.File);
        Number(json, "kernelBytes"u8, cgroup.Kernel);
        Number(json, "swappedBytes"u8, cgroup.Swap);
        Number(json, "processes"u8, (ulong?)cgroup.Processes);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong? number)
    {
        json.WritePropertyName(name);
        if (number is { } known)
        {
            json.WriteNumberValue(known);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}
