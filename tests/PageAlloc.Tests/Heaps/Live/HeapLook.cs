using System.Collections.Concurrent;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>
/// A heap's truth, and what the program under test shows of it, once as JSON and once as rows.
/// Each run is looked at once and serves all the tests that only compare.
/// </summary>
internal sealed record HeapLook(HeapRun Run, HeapTruth Truth, int Threads, CommandResult Json, CommandResult Csv)
{
    private static readonly ConcurrentDictionary<string, Lazy<HeapLook>> Taken = new();

    public static HeapLook At(string run) => At(HeapRuns.Get(run));

    public static HeapLook At(HeapRun run) => Taken.GetOrAdd(run.Name, _ => new Lazy<HeapLook>(() => Take(run))).Value;

    // What one of them can't show does not fail the tests of the other.
    private readonly Lazy<ShownHeaps> _heaps = new(() => ShownHeaps.Parse(Json));
    private readonly Lazy<IReadOnlyList<ShownBlock>> _blocks = new(() => ShownBlocks.Parse(Csv));

    /// <summary>The size of a pointer in the target.</summary>
    public ulong Word => Run.Program is "heap-i386" or "heap32" ? 4UL : 8UL;

    public ShownHeaps Heaps => _heaps.Value;

    public IReadOnlyList<ShownBlock> Blocks => _blocks.Value;

    private static HeapLook Take(HeapRun run)
    {
        using HeapProgram program = run.Start();
        return new HeapLook(
            run,
            HeapTruth.Parse(program.Lines),
            Directory.GetDirectories($"/proc/{program.Pid}/task").Length,
            CommandRun.Run($"{program.Pid}", "--format", "json"),
            CommandRun.Run("blocks", $"{program.Pid}", "--format", "csv"));
    }
}
