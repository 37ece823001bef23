using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>
/// All moments of a file that <c>pagealloc record</c> wrote. The list of them is read once, and each moment is of the file that was
/// opened then, whatever has its name since.
/// </summary>
public sealed class SnapshotSeries : IDisposable
{
    private readonly LinuxFile _file;
    private readonly SnapshotMoments _moments;

    private SnapshotSeries(string path)
    {
        Path = path;
        _file = SnapshotFile.OpenSeries(path, out _moments);
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>How many complete moments it has.</summary>
    public int Count => _moments.All.Count;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="TargetException">It can't be read, is no snapshot, is of a later version, or has no complete moment.</exception>
    public static SnapshotSeries Open(string path) => new(path);

    /// <summary>Opens a moment.</summary>
    /// <param name="moment">Which one, from 1 to <see cref="Count"/>.</param>
    /// <exception cref="TargetException">It is damaged.</exception>
    public SnapshotFile OpenMoment(int moment)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(moment, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(moment, Count);
        return SnapshotFile.Open(_file, Path, _moments, moment);
    }

    /// <summary>Closes the file; moments that were opened stay open.</summary>
    public void Dispose() => _file.Dispose();
}
