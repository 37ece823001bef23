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

        int moments = MomentsOf(targets[0]);
        return moments > 1
            ? Enumerable.Range(1, moments).Select(number => Read(string.Create(CultureInfo.InvariantCulture, $"{targets[0]}@{number}")))
            : throw new UsageException("'diff' needs OLD and NEW, or a file of 'record' that has two moments or more");
    }

    /// <summary>Says on standard error what was not known of the moments.</summary>
    /// <returns>Whether all of them were read whole.</returns>
    public bool SayWhatIsMissing()
    {
        if (_target is not null)
        {
            MissingDetails.Say(read, _unknown, _target);
        }

        foreach (string note in _notes.Distinct())
        {
            StdErr.Write(note);
        }

        return _isComplete;
    }

    private Moment Read(string name)
    {
        using OpenedTarget opened = OpenedTarget.Open(name, freeze, sysroot);
        DateTimeOffset? time = opened.Target.Info.Kind == TargetKind.Process ? DateTimeOffset.UtcNow : opened.Target.Info.Recorded?.Time;
        using Look look = Look.At(opened, read, heap);
        var moment = new Moment(look.Info, look.Table, look.Heaps is null ? null : WalkRecording.Of(look.Heaps), time);
        _unknown |= look.Table.Unknown;
        _target = look.Info;
        Note(moment, look);
        _isComplete &= opened.Conclude(ExitCode.Done, sayMoment: false) == ExitCode.Done;
        return moment;
    }

    // What has a moment picked is one; of what is no file the number does not matter.
    private static int MomentsOf(string name)
    {
        using OpenedTarget opened = OpenedTarget.Open(name, freeze: false);
        return opened.Target.Info.Recorded is { } recorded && recorded.Number == recorded.Count && !name.EndsWith($"@{recorded.Number}", StringComparison.Ordinal) ? recorded.Count : 1;
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
