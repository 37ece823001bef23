using System.Buffers;
using PageAlloc.Insight;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>The control group of a process in three lines: what is charged to it, and how that differs from the process's own.</summary>
public static class CgroupView
{
    /// <summary>Writes the lines.</summary>
    /// <param name="cgroup">The group.</param>
    /// <param name="ledger">The ledger of the process.</param>
    /// <param name="width">How long a line may be; the group's path is cut at its beginning.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(CgroupMemory cgroup, Ledger ledger, int width, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        string figures = $"{TextSink.Size(cgroup.Current)} {(cgroup.Limit is { } limit ? $"of at most {TextSink.Size(limit)}" : "and no limit")}";
        string head = "  cgroup ";
        int room = Math.Max(8, width - head.Length - figures.Length - 2);
        string path = ByteText.ToPrintable(System.Text.Encoding.UTF8.GetBytes(cgroup.Path));
        sink.EndLine().Write($"{head}{(path.Length <= room ? path : string.Concat("...", path.AsSpan(path.Length - room + 3)))}: {figures}").EndLine();
        sink.Write($"    private memory {Size(cgroup.Anonymous)} ({Others(cgroup, ledger)})").EndLine();
        sink.Write($"    page cache {Size(cgroup.File)}, kernel {Size(cgroup.Kernel)}, in swap {Size(cgroup.Swap)}").EndLine();
    }

    // Memory that the process touched in another group is charged there.
    private static string Others(CgroupMemory cgroup, Ledger ledger)
    {
        string own = $"this process {TextSink.Size(ledger.PrivateBytes)}";
        return cgroup.Anonymous is not { } all ? own
            : all < ledger.PrivateBytes ? $"{own}, partly charged to other groups"
            : $"{own}, others {TextSink.Size(all - ledger.PrivateBytes)}";
    }

    private static string Size(ulong? bytes) => bytes is { } known ? TextSink.Size(known) : "not known";
}
