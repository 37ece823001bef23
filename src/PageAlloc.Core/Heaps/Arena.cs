using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Heaps;

/// <summary>An arena of a heap: the memory that one lock protects.</summary>
public sealed record Arena
{
    /// <summary>Its state, as read.</summary>
    public required ArenaState State { get; init; }

    /// <summary>Whether it is the main arena of its libc.</summary>
    public required bool IsMain { get; init; }

    /// <summary>The name of the mapping that its libc's data is in; bytes.</summary>
    public required ReadOnlyMemory<byte> Library { get; init; }

    /// <summary>Where that library, or program, is mapped.</summary>
    public ulong LibraryAddress { get; init; }

    /// <summary>The layout of its libc.</summary>
    public required GlibcLayout Layout { get; init; }

    /// <summary>Its segments in address order.</summary>
    public required IReadOnlyList<Segment> Segments { get; init; }

    /// <summary>The numbers of the threads that use it, as far as they were found.</summary>
    public required IReadOnlyList<int> Threads { get; init; }

    /// <summary>What was found wrong before its chunks were walked.</summary>
    public required IReadOnlyList<Problem> Problems { get; init; }

    /// <summary>Its address.</summary>
    public ulong Address => State.Address;

    /// <summary>Whether an address is in one of its segments.</summary>
    internal bool Holds(ulong address)
    {
        foreach (Segment segment in Segments)
        {
            if (segment.Range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
