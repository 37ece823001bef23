using System.Collections;
using PageAlloc.Interop;

namespace PageAlloc.Symbols;

/// <summary>
/// The bytes of an ELF image: a file as it lies on disk, or the loaded image as found in memory, which has holes where
/// pages were not present. All slices are checked here.
/// </summary>
internal sealed class ElfStorage : IDisposable
{
    private readonly FilePieces? _pieces;
    private readonly IDisposable? _owner;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly BitArray? _known;
    private readonly int _pageSize;
    private readonly ulong _base;

    /// <summary>A file that is in memory.</summary>
    public ElfStorage(ReadOnlyMemory<byte> file) => _bytes = file;

    /// <summary>A file that is mapped; owned from now on.</summary>
    public ElfStorage(MappedFile file)
    {
        _bytes = file.Memory;
        _owner = file;
    }

    /// <summary>A file that is read when its bytes are asked for; owned from now on.</summary>
    public ElfStorage(FilePieces file)
    {
        _pieces = file;
        _owner = file;
    }

    /// <summary>A loaded image.</summary>
    /// <param name="image">Its bytes; the first is at the unbiased address <paramref name="virtualBase"/>.</param>
    /// <param name="virtualBase">The address of the first byte, before the load bias is added.</param>
    /// <param name="known">For each page of the image, whether its bytes are known.</param>
    /// <param name="pageSize">The size of a page.</param>
    public ElfStorage(ReadOnlyMemory<byte> image, ulong virtualBase, BitArray known, int pageSize)
    {
        _bytes = image;
        _base = virtualBase;
        _known = known;
        _pageSize = pageSize;
    }

    /// <summary>Whether it is a loaded image, addressed by virtual address, not by file offset.</summary>
    public bool IsMemory => _known is not null;

    /// <summary>All of the bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _pieces?.Whole() ?? _bytes;

    /// <summary>How many bytes there are.</summary>
    public int Length => _pieces?.Length ?? _bytes.Length;

    /// <summary>The bytes at a file offset; false when some lie outside, or for a loaded image.</summary>
    public bool TrySliceFile(ulong offset, ulong length, out ReadOnlySpan<byte> slice)
    {
        if (_pieces is not null)
        {
            return _pieces.TrySlice(offset, length, out slice);
        }

        ReadOnlySpan<byte> bytes = _bytes.Span;
        if (IsMemory || offset > (ulong)bytes.Length || length > (ulong)bytes.Length - offset)
        {
            slice = default;
            return false;
        }

        slice = bytes.Slice((int)offset, (int)length);
        return true;
    }

    /// <summary>The bytes at an unbiased address of a loaded image; false when some are not known, or for a file.</summary>
    public bool TrySliceMemory(ulong address, ulong length, out ReadOnlySpan<byte> slice)
    {
        slice = default;
        ReadOnlySpan<byte> bytes = _bytes.Span;
        ulong offset = unchecked(address - _base);
        if (!IsMemory || offset > (ulong)bytes.Length || length > (ulong)bytes.Length - offset)
        {
            return false;
        }

        for (ulong page = offset / (uint)_pageSize; length != 0 && page <= (offset + length - 1) / (uint)_pageSize; page++)
        {
            if (!_known![(int)page])
            {
                return false;
            }
        }

        slice = bytes.Slice((int)offset, (int)length);
        return true;
    }

    /// <summary>Lets go of the file.</summary>
    public void Dispose() => _owner?.Dispose();
}
