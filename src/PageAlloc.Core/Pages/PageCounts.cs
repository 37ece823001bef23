namespace PageAlloc.Pages;

/// <summary>How many base pages are in each state.</summary>
public sealed class PageCounts
{
    private readonly ulong[] _byCode = new ulong[PageState.CodeCount];

    /// <summary>All pages.</summary>
    public ulong Total { get; private set; }

    /// <summary>The pages in exactly this state.</summary>
    public ulong this[PageState state] => _byCode[state.Code];

    /// <summary>The pages of a kind, of any size.</summary>
    public ulong Of(PageKind kind) => Sum(state => state.Kind == kind);

    /// <summary>The pages in RAM; hugetlb pages are among them.</summary>
    public ulong Resident => Sum(state => state.IsResident);

    /// <summary>The pages of which nothing is known; those whose bytes a core file has are among them.</summary>
    public ulong Unknown => Sum(state => state.IsUnknown);

    /// <summary>The states that occur, with their pages, by kind and then size.</summary>
    public IEnumerable<(PageState State, ulong Pages)> NonZero()
    {
        for (int code = 0; code < _byCode.Length; code++)
        {
            if (_byCode[code] != 0)
            {
                yield return (PageState.FromCode((byte)code), _byCode[code]);
            }
        }
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        Array.Clear(_byCode);
        Total = 0;
    }

    /// <summary>Adds pages of one state.</summary>
    public void Add(PageState state, ulong pages)
    {
        _byCode[state.Code] += pages;
        Total += pages;
    }

    /// <summary>Counts the pages of a mapping, run by run.</summary>
    internal static PageCounts Of(PageRuns runs)
    {
        var counts = new PageCounts();
        counts.Count(runs);
        return counts;
    }

    /// <summary>Adds all pages of a mapping.</summary>
    public void Add(PageRuns runs)
    {
        if (runs.Counts is not { } known)
        {
            Count(runs);
            return;
        }

        for (int code = 0; code < known._byCode.Length; code++)
        {
            _byCode[code] += known._byCode[code];
        }

        Total += known.Total;
    }
    private void Count(PageRuns runs)
    {
        ulong total = 0;
        foreach (PageRun run in runs)
        {
            _byCode[run.State.Code] += run.Count;
            total += run.Count;
        }

        Total += total;
    }

    private ulong Sum(Func<PageState, bool> isCounted)
    {
        ulong sum = 0;
        for (int code = 0; code < _byCode.Length; code++)
        {
            sum += _byCode[code] != 0 && isCounted(PageState.FromCode((byte)code)) ? _byCode[code] : 0;
        }

        return sum;
    }
}
