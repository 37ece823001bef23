using System.Collections;

namespace PageAlloc.Symbols;

/// <summary>
/// The bytes of an ELF image: a file as it lies on disk, or the loaded image as found in memory, which has holes where
/// pages were not present. All slices are checked here.
/// </summary>
internal sealed class ElfStorage
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly BitArray? _known;
    private readonly int _pageSize;
    private readonly ulong _base;

    /// <summary>A file.</summary>
    public ElfStorage(ReadOnlyMemory<byte> file) => _bytes = file;

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

    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The bytes at a file offset; false when some lie outside, or for a loaded image.</summary>
    public bool TrySliceFile(ulong offset, ulong length, out ReadOnlySpan<byte> slice)
    {
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
}
