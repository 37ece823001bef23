using System.Buffers.Binary;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>
/// Writes a snapshot: a file with one moment of a process or several. It appears with its first moment, whole; each further
/// one is on disk when its call returns, and what cuts one off leaves those before it as they are.
/// </summary>
public sealed class SnapshotWriter : IDisposable
{
    private readonly OutputFile _file;
    private readonly bool _replace;
    private long _end = SnapshotFormat.FileHeaderSize;

    private SnapshotWriter(OutputFile file, bool replace)
    {
        _file = file;
        _replace = replace;
    }

    /// <summary>How many moments are in the file.</summary>
    public int Moments { get; private set; }

    /// <summary>The bytes of the file.</summary>
    public long Length => _end;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="replace">Whether it may take the place of another file.</param>
    /// <exception cref="IOException">It can't be written there.</exception>
    public static SnapshotWriter Create(string path, bool replace = false)
    {
        OutputFile file = OutputFile.Create(path, replace);
        try
        {
            var header = new byte[SnapshotFormat.FileHeaderSize];
            SnapshotFormat.FileMagic.CopyTo(header);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(SnapshotFormat.FileMagic.Length), SnapshotFormat.Version);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(header.Length - sizeof(uint)), Crc32C.Of(header.AsSpan(0, header.Length - sizeof(uint))));
            file.WriteAt(header, 0);
            return new SnapshotWriter(file, replace);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds a moment. When that fails, the file is as it was before.</summary>
    /// <param name="time">When it was taken.</param>
    /// <param name="write">Writes its sections.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public void Add(DateTimeOffset time, Action<MomentWriter> write, CancellationToken cancel = default)
    {
        bool isDone = false;
        try
        {
            var moment = new MomentWriter(_file, _end, cancel);
            write(moment);
            long end = moment.Complete(Moments + 1, time);
            if (Moments == 0)
            {
                _file.TakeName(_replace);
            }
            else
            {
                _file.Sync();
            }

            Moments++;
            _end = end;
            isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                _file.Truncate(_end);
            }
        }
    }

    /// <summary>Closes the file; one without a moment is removed.</summary>
    public void Dispose() => _file.Dispose();
}
