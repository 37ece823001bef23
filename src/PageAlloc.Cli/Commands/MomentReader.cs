using PageAlloc.Blocks;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Insight.Diff;
using PageAlloc.Pages;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary>Reads moments of targets, one after another, each whole: a target may be gone when the next is read.</summary>
/// <param name="read">How to read pages.</param>
/// <param name="heap">How to look for heaps.</param>
/// <param name="freeze">Whether a process stands still while it is read.</param>
internal sealed class MomentReader(ReadOptions read, HeapOptions heap, bool freeze)
{
    private readonly List<string> _notes = [];
    private UnknownDetails _unknown;
    private bool _isComplete = true;

    /// <summary>The moments that targets name, in the order given, each read when it is asked for.</summary>
    /// <param name="targets">The targets.</param>
    /// <exception cref="TargetException">One can't be read.</exception>
    public IEnumerable<Moment> Read(IReadOnlyList<string> targets)
    {
        foreach (string name in targets)
        {
            yield return Read(name);
        }
    }

    /// <summary>Says on standard error what was not known of the moments.</summary>
    /// <returns>Whether all of them were read whole.</returns>
    public bool SayWhatIsMissing()
    {
        MissingDetails.Say(read, _unknown);
        foreach (string note in _notes.Distinct())
        {
            StdErr.Write(note);
        }

        return _isComplete;
    }

    private Moment Read(string name)
    {
        using OpenedTarget opened = OpenedTarget.Open(name, freeze);
        DateTimeOffset time = DateTimeOffset.UtcNow;
        using Look look = Look.At(opened, read, heap);
        var moment = new Moment(look.Info, look.Table, look.Heaps is null ? null : WalkRecording.Of(look.Heaps), time);
        _unknown |= look.Table.Unknown;
        Note(moment, look);
        opened.SayPause();
        return moment;
    }

    private void Note(Moment moment, Look look)
    {
        string who = $"process {moment.Target.Pid}";
        if (look.Failure is { } failure)
        {
            _notes.Add($"the heaps of {who} are not compared: {failure.Message}{(failure.Advice is { } advice ? $"; {advice}" : "")}");
        }

        if (moment.Heaps is not { } heaps)
        {
            _isComplete = false;
            return;
        }

        if (heaps.Heaps.Allocator is not (null or "glibc"))
        {
            _notes.Add($"{who} uses {heaps.Heaps.Allocator}: its heap is not compared");
        }

        _isComplete &= !HeapProblemsView.IsIncomplete(heaps.Heaps, heaps.Totals);
        _notes.AddRange(HeapProblemsView.Describe([.. heaps.Heaps.Problems, .. heaps.Totals.SelectMany(a => a.Problems)]).Select(line => $"{who}: {line}"));
    }
}
