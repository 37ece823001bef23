using System.Globalization;
using PageAlloc.Blocks;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Insight.Diff;
using PageAlloc.Pages;
using PageAlloc.Targets;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary>Reads moments of targets, one after another, each whole: a target may be gone when the next is read.</summary>
/// <param name="read">How to read pages.</param>
/// <param name="heap">How to look for heaps.</param>
/// <param name="freeze">Whether a process stands still while it is read.</param>
/// <param name="sysroot">Where the files of the machine that wrote a core file are; null for this machine's.</param>
internal sealed class MomentReader(ReadOptions read, HeapOptions heap, bool freeze, string? sysroot)
{
    private readonly List<string> _notes = [];
    private UnknownDetails _unknown;
    private TargetInfo? _target;
    private bool _isComplete = true;

    /// <summary>The moments that targets name, in the order given, each read when it is asked for. One file alone stands for all its moments.</summary>
    /// <param name="targets">The targets.</param>
    /// <exception cref="TargetException">One can't be read.</exception>
    public IEnumerable<Moment> Read(IReadOnlyList<string> targets)
    {
        if (targets.Count > 1)
        {
            return targets.Select(Read);
        }

        SnapshotSeries? series = TargetOpener.OpenSeries(targets[0]);
        if (series is { Count: > 1 })
        {
            return Read(series);
        }

        series?.Dispose();

        // What is not there at all is said first.
        OpenedTarget.Open(targets[0], freeze: false, sysroot).Dispose();
        throw new UsageException("'diff' needs OLD and NEW, or a file of 'record' that has two moments or more");
    }

    /// <summary>Says on standard error what was not known of the moments.</summary>
    /// <returns>Whether all of them were read whole.</returns>
    public bool SayWhatIsMissing()
    {
        if (_target is not null)
        {
            MissingDetails.Say(read, _unknown, _target);
        }

        SayNotes();
        return _isComplete;
    }

    private void SayNotes()
    {
        foreach (string note in _notes.Distinct())
        {
            StdErr.Write(note);
        }
    }

    // A moment that is damaged costs that moment, not the series.
    private IEnumerable<Moment> Read(SnapshotSeries series)
    {
        using (series)
        {
            int whole = 0;
            for (int number = 1; number <= series.Count; number++)
            {
                if (TryRead(series, number) is { } moment)
                {
                    whole++;
                    yield return moment;
                }
            }

            if (whole < 2)
            {
                SayNotes();
                throw new TargetException(
                    TargetFailure.Damaged,
                    $"{series.Path} is damaged: of its {series.Count} moments {(whole == 0 ? "none" : "only one")} can be read, and two are needed to compare");
            }
        }
    }

    private Moment? TryRead(SnapshotSeries series, int number)
    {
        try
        {
            using var opened = OpenedTarget.Of(series.OpenMoment(number));
            Moment moment = Read(opened);

            // That the file is cut off is the same of each moment, and said once.
            if (opened.Target.Info.Incomplete is { } missing)
            {
                _notes.Add($"{opened.Target.Info.Name} is not whole: {missing}");
                _isComplete = false;
            }

            return moment;
        }
        catch (TargetException e) when (e.Failure == TargetFailure.Damaged)
        {
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"moment {number} of {series.Count} is left out: {e.Message}"));
            _isComplete = false;
            return null;
        }
    }

    private Moment Read(string name)
    {
        using OpenedTarget opened = OpenedTarget.Open(name, freeze, sysroot);
        Moment moment = Read(opened);
        _isComplete &= opened.Conclude(ExitCode.Done, sayMoment: false) == ExitCode.Done;
        return moment;
    }

    private Moment Read(OpenedTarget opened)
    {
        DateTimeOffset? time = opened.Target.Info.Kind == TargetKind.Process ? DateTimeOffset.UtcNow : opened.Target.Info.Recorded?.Time;
        using Look look = Look.At(opened, read, heap);
        var moment = new Moment(look.Info, look.Table, look.Heaps is null ? null : WalkRecording.Of(look.Heaps), time);
        _unknown |= look.Table.Unknown;
        _target = look.Info;
        Note(moment, look);
        return moment;
    }

    private void Note(Moment moment, Look look)
    {
        string who = moment.Target.Recorded is { Count: > 1 } recorded ? $"{moment.Target.Name}@{recorded.Number}" : moment.Target.Name;
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
