using System.Globalization;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>
/// A moment in a file that <c>pagealloc record</c> wrote. Nothing in the file is believed: each byte that is used was
/// held against a checksum, and each number against what it may be.
/// </summary>
public sealed class SnapshotFile : ITarget, ISections, IMemorySource
{
    private readonly LinuxFile _file;
    private readonly string _path;
    private readonly Dictionary<int, SnapshotSection> _sections = [];

    private SnapshotFile(LinuxFile file, string path, SnapshotMoments moments, int number)
    {
        _file = file;
        _path = path;
        (long start, MomentHeader header) = moments.All[number - 1];
        ReadDirectory(start, header);
        Info = TargetSection.Read(this.Open(SectionId.Target)) with
        {
            Kind = TargetKind.Snapshot,
            File = path,
            Incomplete = moments.Damage,
            Recorded = new RecordedMoment(header.Time == DateTimeOffset.UnixEpoch ? null : header.Time, number, moments.All.Count),
        };
    }

    /// <inheritdoc/>
    public TargetInfo Info { get; }

    /// <summary>Whether a file begins as snapshots do; false for what can't be read.</summary>
    /// <param name="path">Its path.</param>
    public static bool IsOne(string path)
    {
        using LinuxFile? file = RootedFile.OpenRegular(null, path);
        Span<byte> magic = stackalloc byte[SnapshotFormat.FileMagic.Length];
        return file is not null && file.ReadAt(magic, 0) == magic.Length && magic.SequenceEqual(SnapshotFormat.FileMagic);
    }

    /// <summary>Opens a moment of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="moment">Which moment, from 1 on; null for the last one.</param>
    /// <exception cref="TargetException">It can't be read, is no snapshot, is of a later version, is damaged, or has no such moment.</exception>
    public static SnapshotFile Open(string path, int? moment = null)
    {
        LinuxFile file = OpenSeries(path, out SnapshotMoments moments);
        try
        {
            return moment is { } wanted && (wanted < 1 || wanted > moments.All.Count)
                ? throw new TargetException(
                    TargetFailure.NotSupported,
                    $"{path} has no moment {wanted}, only {(moments.All.Count == 1 ? "1" : $"1 to {moments.All.Count}")}{(moments.Damage is null ? "" : $" ({moments.Damage})")}")
                : new SnapshotFile(file, path, moments, moment ?? moments.All.Count);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a moment of a file that is open, and whose moments are known.</summary>
    /// <exception cref="TargetException">The moment is damaged.</exception>
    internal static SnapshotFile Open(LinuxFile file, string path, SnapshotMoments moments, int number)
    {
        LinuxFile own = file.Duplicate() ?? throw CannotOpen(path);
        try
        {
            return new SnapshotFile(own, path, moments, number);
        }
        catch
        {
            own.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file to read its moments one after another.</summary>
    internal static LinuxFile OpenSeries(string path, out SnapshotMoments moments)
    {
        LinuxFile file = RootedFile.OpenRegular(null, path) ?? throw CannotOpen(path);
        try
        {
            moments = SnapshotMoments.Read(file, path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    SectionReader? ISections.TryOpen(SectionId id)
    {
        if (!_sections.TryGetValue((int)id, out SnapshotSection? section))
        {
            return null;
        }

        bool isHeld = id is not (SectionId.Blocks or SectionId.ContentBytes);
        return isHeld && section.Length > SnapshotFormat.MaxHeldSection
            ? throw new TargetException(TargetFailure.LimitExceeded, $"{_path}: section {id} has {section.Length} bytes, above the cap of {SnapshotFormat.MaxHeldSection}")
            : new SectionReader(section);
    }

    /// <inheritdoc/>
    public IMemory OpenMemory(bool swapIn = false) => SnapshotMemory.TryOpen(this, Info.PageSize) ?? throw new TargetException(
        TargetFailure.NotSupported, $"{_path} has no contents of memory", "'pagealloc record --contents' keeps them");

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static TargetException CannotOpen(string path)
    {
        using LinuxFile? file = LinuxFile.Open(null, path, out int error);
        return new TargetException(
            error == Errno.EACCES ? TargetFailure.PermissionDenied : TargetFailure.SystemError,
            $"can't open {path}: {(error == 0 ? "it is no regular file" : ErrorText.Of(error))}");
    }

    private void ReadDirectory(long start, MomentHeader header)
    {
        string where = string.Create(CultureInfo.InvariantCulture, $"moment {header.Number}");
        var bytes = new byte[header.DirectoryLength];
        long directory = start + header.DirectoryStart;
        if (_file.ReadAt(bytes, directory) != bytes.Length || Crc32C.Of(bytes) != header.DirectoryChecksum)
        {
            throw SnapshotDamage.At($"the directory of {where} at byte {directory} is not what was written", _path);
        }

        MomentDirectory read = MomentDirectory.Decode(
            bytes, start + SnapshotFormat.MomentHeaderSize, directory, what => SnapshotDamage.At($"{where}: {what}", _path));
        var stored = new byte[SnapshotFormat.MaxStoredChunk];
        foreach ((int id, List<SnapshotChunk> chunks) in read.Sections)
        {
            var section = new SnapshotSection(_file, chunks, stored, what => SnapshotDamage.At($"{where}, section {(SectionId)id}: {what}", _path));
            if (!_sections.TryAdd(id, section))
            {
                throw SnapshotDamage.At($"{where} has two sections {(SectionId)id}", _path);
            }

            // Contents may be of any size, and are checked as they are read. Nobody reads what is not known here.
            if (Enum.IsDefined((SectionId)id) && id != (int)SectionId.ContentBytes)
            {
                section.Verify();
            }
        }
    }
}
