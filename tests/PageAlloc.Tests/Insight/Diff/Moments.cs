using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Insight.Diff;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Tests.Insight.Diff;

/// <summary>Reads moments of processes, as the command does.</summary>
internal static class Moments
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>What a process is now.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="second">The time that it is said to be.</param>
    public static Moment Of(int pid, double? second = null)
    {
        using LiveProcess target = LiveProcess.Open(pid);
        IReadOnlyList<Mapping> mappings = MappingTable.Read(target);
        PageTable table = PageTableReader.Read(target, mappings);
        using HeapReader reader = HeapReader.Open(target, mappings);
        return new Moment(target.Info, table, WalkRecording.Of(new LiveBlocks(reader)), second is { } s ? s_start.AddSeconds(s) : null);
    }
}
