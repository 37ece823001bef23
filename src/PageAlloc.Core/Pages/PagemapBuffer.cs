using PageAlloc.Interop;

namespace PageAlloc.Pages;

/// <summary>Pagemap entries that were read, 256 KiB at most: larger reads gain nothing.</summary>
internal sealed class PagemapBuffer : IDisposable
{
    /// <summary>Entries that fit.</summary>
    public const int Capacity = 32 << 10;

    private readonly IPageSource _source;
    private readonly int _pid;
    private readonly RentedArray<ulong> _entries = new(Capacity);
    private ulong _firstPage;
    private int _count;

    public PagemapBuffer(IPageSource source, int pid)
    {
        _source = source;
        _pid = pid;
    }

    /// <summary>Whether the entry of <paramref name="page"/> is here.</summary>
    public bool Holds(ulong page) => page >= _firstPage && page - _firstPage < (ulong)_count;

    /// <summary>Reads the entries of pages from <paramref name="firstPage"/> up to <paramref name="endPage"/>, as many as fit.</summary>
    /// <exception cref="TargetException">The process ended.</exception>
    public void Read(ulong firstPage, ulong endPage)
    {
        int n = _source.ReadEntries(firstPage, _entries.Span[..(int)Math.Min(endPage - firstPage, Capacity)]);
        if (n <= 0)
        {
            throw Failed(n, _pid);
        }

        _firstPage = firstPage;
        _count = n;
    }

    /// <summary>The entries that are here from <paramref name="firstPage"/> on, at most <paramref name="count"/>.</summary>
    public ReadOnlySpan<ulong> Get(ulong firstPage, ulong count)
    {
        int at = (int)(firstPage - _firstPage);
        return _entries.Span.Slice(at, (int)Math.Min(count, (ulong)(_count - at)));
    }

    /// <summary>Gives the room for entries back.</summary>
    public void Dispose() => _entries.Dispose();

    /// <summary>What it means that pagemap gave nothing. After an exec or exit the file is that of memory that is gone.</summary>
    public static TargetException Failed(int result, int pid) => result is 0 or -Errno.ESRCH
        ? new TargetException(TargetFailure.Ended, $"process {pid} ended, or ran another program, while it was being read", "try again")
        : new TargetException(TargetFailure.SystemError, $"process {pid}: can't read its pagemap: {ErrorText.Of(-result)}");
}
