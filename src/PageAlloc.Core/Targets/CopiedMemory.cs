namespace PageAlloc.Targets;

/// <summary>
/// A copy of some of a target's memory, which stays as it was while the target goes on. It takes as much memory as is
/// resident in what was copied. Elsewhere nothing can be read.
/// </summary>
internal sealed class CopiedMemory : IMemory
{
    private const int BlockPages = 256;

    // By the number of a block of pages in the address space; blocks in which nothing is resident have no bytes.
    private readonly Dictionary<ulong, Block> _blocks = [];

    /// <summary>Copies.</summary>
    /// <param name="source">The memory.</param>
    /// <param name="ranges">What to copy; what lies in the same pages is copied too.</param>
    public CopiedMemory(IMemory source, IEnumerable<AddressRange> ranges)
    {
        PageSize = source.PageSize;
        ulong blockSize = (ulong)BlockPages * (ulong)PageSize;
        byte[] buffer = [];
        foreach (AddressRange range in ranges)
        {
            ulong mask = (ulong)PageSize - 1;
            ulong end = (range.End + mask) & ~mask;
            for (ulong address = range.Start & ~mask; address < end;)
            {
                ulong number = address / blockSize;
                int first = (int)(address % blockSize) / PageSize;
                int pages = (int)Math.Min((ulong)(BlockPages - first), (end - address) / (ulong)PageSize);
                if (!_blocks.TryGetValue(number, out Block? block))
                {
                    _blocks.Add(number, block = new Block());
                }

                byte[] bytes = block.Bytes ?? (buffer.Length == 0 ? GC.AllocateUninitializedArray<byte>((int)blockSize) : buffer);
                Span<PageAccess> access = block.Access.AsSpan(first, pages);
                source.ReadPages(address, bytes.AsSpan(first * PageSize, pages * PageSize), access);
                if (access.Contains(PageAccess.Data))
                {
                    block.Bytes = bytes;
                    buffer = [];
                }
                else
                {
                    buffer = block.Bytes is null ? bytes : buffer;
                }

                address += (ulong)pages * (ulong)PageSize;
            }
        }
    }

    /// <inheritdoc/>
    public int PageSize { get; }

    /// <inheritdoc/>
    public void ReadPages(ulong address, Span<byte> buffer, Span<PageAccess> access)
    {
        for (int page = 0; page < access.Length; page++)
        {
            ulong number = (address / (ulong)PageSize) + (ulong)page;
            int at = (int)(number % BlockPages);
            Span<byte> bytes = buffer.Slice(page * PageSize, PageSize);
            Block? block = _blocks.GetValueOrDefault(number / BlockPages);
            access[page] = block?.Access[at] ?? PageAccess.Unreadable;
            if (access[page] == PageAccess.Data)
            {
                block!.Bytes.AsSpan(at * PageSize, PageSize).CopyTo(bytes);
            }
            else
            {
                bytes.Clear();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _blocks.Clear();

    private sealed class Block
    {
        public readonly PageAccess[] Access = new PageAccess[BlockPages];

        public byte[]? Bytes;
    }
}
