using System.Globalization;
using System.Text;

namespace PageAlloc.Targets;

/// <summary>
/// Something whose memory can be looked at. What else it can give is asked for by type test
/// (<c>target is IProcDirectory</c>), never assumed.
/// </summary>
public interface ITarget : IDisposable
{
    /// <summary>What the target is.</summary>
    TargetInfo Info { get; }
}

/// <summary>The kinds of target.</summary>
public enum TargetKind
{
    /// <summary>A running process.</summary>
    Process = 0,

    /// <summary>An ELF core file.</summary>
    Core,

    /// <summary>A file written by <c>pagealloc record</c>.</summary>
    Snapshot,
}

/// <summary>What a target is.</summary>
public sealed record TargetInfo
{
    /// <summary>The kind.</summary>
    public required TargetKind Kind { get; init; }

    /// <summary>The path of the file that it is; null when it is a running process.</summary>
    public string? File { get; init; }

    /// <summary>What is missing of the file as a whole, because it was cut or damaged, in words; null when nothing is.</summary>
    public string? Incomplete { get; init; }

    /// <summary>How messages name it.</summary>
    public string Name => Kind switch
    {
        TargetKind.Core => $"core file {PrintablePath}",
        TargetKind.Snapshot => $"snapshot {PrintablePath}",
        _ => string.Create(CultureInfo.InvariantCulture, $"process {Pid}"),
    };

    private string PrintablePath => ByteText.ToPrintable(Encoding.UTF8.GetBytes(File ?? ""));

    /// <summary>The process number, in the PID namespace of the /proc that was read; of a core file, as the process itself knew it; 0 when not known.</summary>
    public required int Pid { get; init; }

    /// <summary>The kernel's short name of the process (comm, 15 bytes at most), as the kernel keeps it.</summary>
    public required ReadOnlyMemory<byte> Command { get; init; }

    /// <summary>The command line, one entry an argument; null when it is not in RAM, where reading it would bring it.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>>? Arguments { get; init; }

    /// <summary>The path of the program, as the link /proc/PID/exe tells it; null when it can't be read.</summary>
    public required ReadOnlyMemory<byte>? Executable { get; init; }

    /// <summary>How long the process stood still while it was read; null when it was not stopped.</summary>
    public TimeSpan? Pause { get; init; }

    /// <summary>The size of a base page in bytes.</summary>
    public required int PageSize { get; init; }

    /// <summary>The size of a pointer in bytes, 4 or 8; 0 when unknown.</summary>
    public required int PointerSize { get; init; }

    /// <summary>Of which moment of a snapshot this is; null when the target is none.</summary>
    public RecordedMoment? Recorded { get; init; }
}
