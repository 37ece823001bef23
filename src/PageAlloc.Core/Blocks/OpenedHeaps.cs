using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>
/// The heaps of any target, ready to be walked: those of a process are found in its memory, those of a snapshot are read
/// from it.
/// </summary>
public sealed class OpenedHeaps : IDisposable
{
    private readonly HeapReader? _reader;

    private OpenedHeaps(HeapReader? reader, IHeapBlocks blocks, IMemory? memory)
    {
        _reader = reader;
        Blocks = blocks;
        Memory = memory;
    }

    /// <summary>The blocks.</summary>
    public IHeapBlocks Blocks { get; private set; }

    /// <summary>The memory; null of a snapshot without contents.</summary>
    public IMemory? Memory { get; }

    /// <summary>Opens the heaps of a target.</summary>
    /// <param name="target">The target.</param>
    /// <param name="mappings">Its mappings.</param>
    /// <param name="options">How to look for them; null for the usual way.</param>
    /// <exception cref="TargetException">The memory can't be read, or could not be when a snapshot was taken.</exception>
    public static OpenedHeaps Open(ITarget target, IReadOnlyList<Mapping> mappings, HeapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target is ISections sections)
        {
            return new OpenedHeaps(null, WalkRecording.Read(sections), SnapshotMemory.TryOpen(sections, target.Info.PageSize));
        }

        HeapReader reader = HeapReader.Open(target, mappings, options);
        return new OpenedHeaps(reader, new LiveBlocks(reader), reader.Memory);
    }

    /// <summary>Walks the heaps now, so that the target may go on.</summary>
    /// <returns>The walk, which <see cref="Blocks"/> is from now on.</returns>
    public WalkRecording Keep()
    {
        WalkRecording kept = Blocks as WalkRecording ?? WalkRecording.Of(Blocks);
        Blocks = kept;
        return kept;
    }

    /// <summary>Closes the memory.</summary>
    public void Dispose()
    {
        Memory?.Dispose();
        _reader?.Dispose();
    }
}
