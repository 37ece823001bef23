using PageAlloc.Interop;
using ZstdSharp;

namespace PageAlloc.Targets;

/// <summary>Writes the sections of one moment. Its header comes last: without one, nothing of a moment counts.</summary>
public sealed class MomentWriter
{
    // The usual level: a better one takes many times as long for a tenth less.
    private const int Level = 3;

    private readonly OutputFile _file;
    private readonly long _start;
    private readonly CancellationToken _cancel;
    private readonly MomentDirectory _directory = new();
    private readonly byte[] _stored = new byte[Compressor.GetCompressBound(SnapshotFormat.ChunkSize)];
    private long _end;

    internal MomentWriter(OutputFile file, long start, CancellationToken cancel)
    {
        _file = file;
        _start = start;
        _end = start + SnapshotFormat.MomentHeaderSize;
        _cancel = cancel;
    }

    /// <summary>Writes a section.</summary>
    /// <param name="id">Which; each only once.</param>
    /// <param name="write">Writes its values.</param>
    internal void Add(SectionId id, Action<SectionWriter> write)
    {
        var chunks = new List<SnapshotChunk>();
        using var compressor = new Compressor(Level);
        var writer = new SectionWriter(chunk =>
        {
            _cancel.ThrowIfCancellationRequested();
            int stored = compressor.Wrap(chunk, _stored);
            ReadOnlySpan<byte> bytes = _stored.AsSpan(0, stored);
            _file.WriteAt(bytes, _end);
            chunks.Add(new SnapshotChunk(_end, stored, chunk.Length, Crc32C.Of(bytes)));
            _end += stored;
        });
        write(writer);
        writer.EndChunk();
        _directory.Add(id, chunks);
    }

    /// <summary>Writes the directory and then the header; returns where the moment ends.</summary>
    internal long Complete(int number, DateTimeOffset time)
    {
        byte[] directory = _directory.Encode();
        _file.WriteAt(directory, _end);
        _end += directory.Length;
        _file.Sync();
        var header = new MomentHeader(number, time, _end - _start, directory.Length, Crc32C.Of(directory));
        _file.WriteAt(header.Encode(), _start);
        return _end;
    }
}
