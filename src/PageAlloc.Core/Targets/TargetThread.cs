namespace PageAlloc.Targets;

/// <summary>A thread of a target that is no running process.</summary>
/// <param name="Tid">Its number, as the process itself knew it.</param>
/// <param name="Pointer">Its thread pointer, which is the address of its control block on x86; 0 when not known.</param>
/// <param name="Name">The kernel's short name of it (comm); null when not known.</param>
public readonly record struct TargetThread(int Tid, ulong Pointer, ReadOnlyMemory<byte>? Name);

/// <summary>A target that tells its threads itself, as the kernel can't be asked any more.</summary>
public interface IThreadSource
{
    /// <summary>The threads, in no order.</summary>
    IReadOnlyList<TargetThread> Threads { get; }

    /// <summary>Whether the process was forked and ran no other program since.</summary>
    bool WasForked { get; }
}
