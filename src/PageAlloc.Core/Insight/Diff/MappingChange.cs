using PageAlloc.Pages;

namespace PageAlloc.Insight.Diff;

/// <summary>The pages of a mapping that changed in one way, in a row.</summary>
/// <param name="Change">The way.</param>
/// <param name="Pages">How many base pages.</param>
public readonly record struct PageChangeRun(PageChange Change, ulong Pages);

/// <summary>
/// A mapping at two moments: those of either side that have one name and overlap. It may have grown, and a change of permissions
/// may have cut it into several. Where addresses mean nothing, all mappings of one name.
/// </summary>
public sealed class MappingChange
{
    private readonly PageChanges? _changes;
    private readonly ulong _pageSize;
    private readonly bool _isResidencyKnown;

    internal MappingChange(IReadOnlyList<MappingPages> old, IReadOnlyList<MappingPages> now, PageChanges? changes, int pageSize, bool isResidencyKnown)
    {
        Old = old;
        _isResidencyKnown = isResidencyKnown;
        New = now;
        _changes = changes;
        _pageSize = (ulong)pageSize;
        MappingPages[] both = [.. old, .. now];
        Name = both[^1].Mapping.Name;
        Range = new AddressRange(both.Min(m => m.Mapping.Range.Start), both.Max(m => m.Mapping.Range.End));
        OldPages = Counts(old);
        NewPages = Counts(now);
        OldSwappedShared = old.Aggregate(0UL, (sum, m) => sum + m.SwappedSharedBytes);
        NewSwappedShared = now.Aggregate(0UL, (sum, m) => sum + m.SwappedSharedBytes);
        if (changes is not null)
        {
            var pages = new ulong[PageChanges.Count];
            foreach (PageChangeRun run in Runs())
            {
                pages[(int)run.Change] += run.Pages;
            }

            Pages = pages;
        }
    }

    /// <summary>Its pieces at the old moment, in address order; none when it came.</summary>
    public IReadOnlyList<MappingPages> Old { get; }

    /// <summary>Its pieces at the new moment; none when it went.</summary>
    public IReadOnlyList<MappingPages> New { get; }

    /// <summary>Its name as the kernel writes it.</summary>
    public ReadOnlyMemory<byte> Name { get; }

    /// <summary>From where it began to where it ended, at both moments taken together. Only of a mapping joined by address this is one stretch.</summary>
    public AddressRange Range { get; }

    /// <summary>Its pages by state at the old moment.</summary>
    public PageCounts OldPages { get; }

    /// <summary>Its pages by state at the new moment.</summary>
    public PageCounts NewPages { get; }

    /// <summary>Shared memory of it that was swapped out, which no page tells.</summary>
    public ulong OldSwappedShared { get; }

    /// <summary>Shared memory of it that is swapped out, which no page tells.</summary>
    public ulong NewSwappedShared { get; }

    /// <summary>How many pages changed in each way, by <see cref="PageChange"/>; null where addresses mean nothing.</summary>
    public IReadOnlyList<ulong>? Pages { get; }

    /// <summary>Its size before, in bytes.</summary>
    public ulong OldBytes => OldPages.Total * _pageSize;

    /// <summary>Its size now, in bytes.</summary>
    public ulong NewBytes => NewPages.Total * _pageSize;

    /// <summary>What of it was in RAM, in bytes.</summary>
    public ulong OldResidentBytes => OldPages.Resident * _pageSize;

    /// <summary>What of it is in RAM, in bytes.</summary>
    public ulong NewResidentBytes => NewPages.Resident * _pageSize;

    /// <summary>What of it was swapped out, in bytes.</summary>
    public ulong OldSwappedBytes => (OldPages.Of(PageKind.Swapped) * _pageSize) + OldSwappedShared;

    /// <summary>What of it is swapped out, in bytes.</summary>
    public ulong NewSwappedBytes => (NewPages.Of(PageKind.Swapped) * _pageSize) + NewSwappedShared;

    /// <summary>Whether size or any page of it changed, as far as is known.</summary>
    public bool IsChanged => OldBytes != NewBytes
        || (_isResidencyKnown && (OldResidentBytes != NewResidentBytes || OldSwappedBytes != NewSwappedBytes || ChangedPages != 0));

    /// <summary>The pages that changed in any way that is known.</summary>
    public ulong ChangedPages
    {
        get
        {
            ulong sum = 0;
            for (int i = (int)PageChange.CameIn; Pages is not null && i < Pages.Count; i++)
            {
                sum += Pages[i];
            }

            return sum;
        }
    }

    /// <summary>What became of each page from the start of <see cref="Range"/> to its end; neighbours may be equal. None where addresses mean nothing.</summary>
    public IEnumerable<PageChangeRun> Runs()
    {
        if (_changes is null)
        {
            yield break;
        }

        using IEnumerator<(PageState? State, ulong Pages)> old = States(Old).GetEnumerator();
        using IEnumerator<(PageState? State, ulong Pages)> now = States(New).GetEnumerator();
        ulong oldLeft = 0;
        ulong newLeft = 0;
        while ((oldLeft != 0 || Next(old, out oldLeft)) && (newLeft != 0 || Next(now, out newLeft)))
        {
            ulong pages = Math.Min(oldLeft, newLeft);
            yield return new PageChangeRun(_changes.Of(old.Current.State, now.Current.State), pages);
            oldLeft -= pages;
            newLeft -= pages;
        }
    }

    private static bool Next(IEnumerator<(PageState? State, ulong Pages)> states, out ulong pages)
    {
        bool any = states.MoveNext();
        pages = any ? states.Current.Pages : 0;
        return any;
    }

    // Null where nothing is mapped; both sides so have the same number of pages.
    private IEnumerable<(PageState? State, ulong Pages)> States(IReadOnlyList<MappingPages> pieces)
    {
        ulong at = Range.Start;
        foreach (MappingPages piece in pieces)
        {
            if (piece.Mapping.Range.Start > at)
            {
                yield return (null, (piece.Mapping.Range.Start - at) / _pageSize);
            }

            foreach (PageRun run in piece.Runs)
            {
                yield return (run.State, run.Count);
            }

            at = piece.Mapping.Range.End;
        }

        if (Range.End > at)
        {
            yield return (null, (Range.End - at) / _pageSize);
        }
    }

    private static PageCounts Counts(IReadOnlyList<MappingPages> pieces)
    {
        var counts = new PageCounts();
        foreach (MappingPages piece in pieces)
        {
            counts.Add(piece.Runs);
        }

        return counts;
    }
}
