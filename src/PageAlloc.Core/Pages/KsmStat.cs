using System.Buffers.Text;
using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Pages;

/// <summary>/proc/PID/ksm_stat (Linux 5.19): a process of which KSM merged nothing has no merged pages to be told apart.</summary>
internal static class KsmStat
{
    // A forked child maps its parent's merged pages, while its own counter begins at 0.
    private static bool MayHaveInherited(IProcDirectory process)
    {
        using LinuxFile? stat = process.TryOpen("stat");
        if (stat?.ReadToEnd(4096, out _) is not { } text || !ProcStat.WasForked(text))
        {
            return false;
        }

        using LinuxFile? shared = LinuxFile.Open(null, "/sys/kernel/mm/ksm/pages_shared", out _);
        return shared?.ReadToEnd(64, out _) is not { } count || !count.AsSpan().SequenceEqual("0\n"u8);
    }

    /// <summary>The table, in which merged pages are known when there are none.</summary>
    public static PageTable Settle(PageTable table, IProcDirectory process)
    {
        if (!table.Unknown.HasFlag(UnknownDetails.MergedPages))
        {
            return table;
        }

        using LinuxFile? file = process.TryOpen("ksm_stat");
        byte[] text = file?.ReadToEnd(4096, out _) ?? [];
        bool none = !MayHaveInherited(process) && Utf8Parser.TryParse(ProcStatus.Field(text, "ksm_merging_pages"u8), out ulong merged, out _) && merged == 0;
        UnknownDetails unknown = none ? table.Unknown & ~UnknownDetails.MergedPages : table.Unknown;
        return new PageTable(table.Mappings, table.PageSize, table.HugeOrder, unknown);
    }
}
