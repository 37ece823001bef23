using PageAlloc.Blocks;
using PageAlloc.Cli.Commands;
using PageAlloc.Heaps;
using PageAlloc.Insight;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Symbols;
using PageAlloc.Targets;
using PageAlloc.Views;

namespace PageAlloc.Cli;

/// <summary>What was read of a target at one time: its mappings and pages, and its heaps where this user may read them.</summary>
internal sealed class Look : IDisposable
{
    private readonly OpenedTarget _opened;
    private readonly OpenedHeaps? _heaps;

    private Look(
        OpenedTarget opened,
        ReadOptions read,
        HeapOptions heap,
        Func<IReadOnlyList<Mapping>, IReadOnlyList<Mapping>>? pick,
        Func<PageTable, HugeScan>? scan,
        Action<PageTable, IMemory>? contents)
    {
        _opened = opened;
        Mappings = MappingTable.Read(Target, read);
        Table = PageTableReader.Read(Target, pick is null ? Mappings : pick(Mappings), read);
        Status = MemoryStatus.Read(Target);
        Locked = Status is { Locked: not 0 } ? LockedMappings.Find(Target, Mappings) : [];
        _heaps = HeapOpener.TryOpen(Target, Mappings, opened.With(heap), out TargetException? failure);
        Failure = failure;
        try
        {
            // Where the memory can't be read, that is said of the heaps.
            HugeScan = Failure is null ? scan?.Invoke(Table) : null;
            Threads = ThreadName.ReadAll(Target);
            if (_heaps?.Memory is { } readable)
            {
                contents?.Invoke(Table, readable);
            }

            opened.Release(_heaps);
            Trim = TrimConditions.Of(Mappings, Heaps?.Heaps ?? new HeapSet { Allocator = null }, Locked, Table.PageSize);

            // What a block holds is read when it is asked for: where the process stood still, that would be of a later moment.
            Content = _heaps?.Memory is not { } memory || opened.IsFrozen ? null : new BlockContent(_heaps.Blocks, memory, Target, Mappings);
        }
        catch
        {
            _heaps?.Dispose();
            throw;
        }
    }

    /// <summary>The target.</summary>
    public ITarget Target => _opened.Target;

    /// <summary>What it is, and for how long it stood still.</summary>
    public TargetInfo Info => Target.Info with { Pause = _opened.Pause };

    /// <summary>All its mappings.</summary>
    public IReadOnlyList<Mapping> Mappings { get; }

    /// <summary>The pages of the mappings that were picked.</summary>
    public PageTable Table { get; }

    /// <summary>The kernel's own sums; null when there are none.</summary>
    public MemoryStatus? Status { get; }

    /// <summary>What the process has locked.</summary>
    public IReadOnlyList<AddressRange> Locked { get; }

    /// <summary>What decides how much a trim gives back.</summary>
    public TrimConditions Trim { get; }

    /// <summary>Its threads; null when it had ended by then.</summary>
    public IReadOnlyList<ThreadName>? Threads { get; }

    /// <summary>The blocks of its heaps; null when its memory can't be read.</summary>
    public IHeapBlocks? Heaps => _heaps?.Blocks;

    /// <summary>What was read of huge pages besides; null when that was not asked for, or the memory can't be read.</summary>
    public HugeScan? HugeScan { get; }

    /// <summary>Looks into blocks; null when the memory can't be read, or the process stood still and runs on since.</summary>
    public BlockContent? Content { get; }

    /// <summary>Why the memory can't be read; null when it can.</summary>
    public TargetException? Failure { get; }

    /// <summary>Reads a target, and lets it run on when it was stopped.</summary>
    /// <param name="opened">The target; the caller goes on owning it.</param>
    /// <param name="read">How to read pages.</param>
    /// <param name="heap">How to look for heaps.</param>
    /// <param name="pick">Picks the mappings whose pages are read; null for all.</param>
    /// <param name="scan">Reads huge pages besides; null when that is not asked for.</param>
    /// <param name="contents">Takes the memory while the target still stands; null when it is not wanted.</param>
    /// <exception cref="TargetException">It can't be read.</exception>
    public static Look At(
        OpenedTarget opened,
        ReadOptions read,
        HeapOptions heap,
        Func<IReadOnlyList<Mapping>, IReadOnlyList<Mapping>>? pick = null,
        Func<PageTable, HugeScan>? scan = null,
        Action<PageTable, IMemory>? contents = null) =>
        new(opened, read, heap, pick, scan, contents);

    /// <summary>Walks the heaps and joins them with the pages; null when they can't be read.</summary>
    /// <param name="guess">Whether to guess what the blocks hold that pin most.</param>
    public HeapFigures? Walk(bool guess = true) => Heaps is null ? null : HeapFigures.Walk(Heaps, Table, guess ? Content : null, Trim);

    /// <summary>The figures of the whole process.</summary>
    /// <param name="heaps">Those of its heaps.</param>
    public ProcessFigures Figures(HeapFigures? heaps) => new(Info, Table, heaps, ProcessSummary.Make(Target, Table, heaps, Threads, Status)) { HugeScan = HugeScan };

    /// <summary>Writes all that was read to a snapshot: each stage its own section.</summary>
    /// <returns>Whether all of it could be read, as an exit code.</returns>
    public ExitCode WriteTo(MomentWriter moment)
    {
        TargetSection.Write(moment, Info);
        ProcessSections.Write(moment, Status, Threads, CgroupMemory.Read(Target));
        MappingSections.Write(moment, Mappings, Locked);
        PageTableSection.Write(moment, Table);
        ModuleSection.Write(moment, Target, Mappings);
        HugeScan?.Write(moment, Mappings);
        if (Failure is not null)
        {
            HeapOpener.Say(Failure);
            HeapSection.Write(moment, Failure);
            return ExitCode.Incomplete;
        }

        WalkRecording walk = _heaps!.Keep();
        walk.Write(moment);
        return HeapProblemsView.IsIncomplete(walk.Heaps, walk.Totals) ? ExitCode.Incomplete : ExitCode.Done;
    }

    /// <summary>Closes the heaps.</summary>
    public void Dispose()
    {
        Content?.Dispose();
        _heaps?.Dispose();
    }
}
