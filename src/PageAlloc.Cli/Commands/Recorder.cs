using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using PageAlloc.Cli.Terminal;
using PageAlloc.Insight;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Cli.Commands;

/// <summary>Records one moment or a series. A signal ends it: what was not complete is dropped, and the file holds what was.</summary>
internal sealed class Recorder : IDisposable
{
    // How soon it is noticed that the process has ended while nothing is read.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly RecordRequest _request;
    private readonly OpenedTarget _opened;
    private readonly SnapshotWriter _writer;
    private readonly CancellationTokenSource _cancel = new();
    private readonly PosixSignalRegistration[] _signals;
    private ExitCode _signalled;
    private int _incomplete;
    private bool _isSaid;

    /// <summary>Opens the target, and begins the file.</summary>
    /// <exception cref="TargetException">The target can't be opened.</exception>
    /// <exception cref="IOException">The file can't be written, or there is one.</exception>
    public Recorder(RecordRequest request)
    {
        _request = request;
        _opened = OpenedTarget.Open(request.Target, freeze: false, request.Sysroot);
        try
        {
            if (request.Every is not null && _opened.Target.Info.Kind != TargetKind.Process)
            {
                throw new UsageException($"--every is for running processes: {request.Target} is a file, and does not change");
            }

            _writer = SnapshotWriter.Create(request.Path, request.Replace);
        }
        catch
        {
            _opened.Dispose();
            throw;
        }

        _signals =
        [
            Watch(PosixSignal.SIGINT, ExitCode.Interrupted), Watch(PosixSignal.SIGTERM, ExitCode.Terminated), Watch(PosixSignal.SIGHUP, ExitCode.HungUp),
        ];
    }

    /// <summary>Records.</summary>
    public ExitCode Run()
    {
        ExitCode code = ExitCode.Done;
        var watch = Stopwatch.StartNew();
        try
        {
            while (_request.Count is not { } count || _writer.Moments < count)
            {
                code = Worse(code, RecordMoment());
                if (_writer.Moments != _request.Count)
                {
                    // A moment that takes longer than the distance puts the next one off, and loses none.
                    Wait(_request.Every!.Value - watch.Elapsed);
                    watch.Restart();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Where no number was asked for, a signal is how a series ends.
            code = _writer.Moments != 0 && _request.Count is null ? code : _signalled;
        }
        catch (TargetException e) when (_writer.Moments != 0 && e.Failure is TargetFailure.Ended or TargetFailure.NoSuchProcess or TargetFailure.NoMemory)
        {
            StdErr.Write(e.Message);
            code = _request.Count is null ? code : ExitCode.Incomplete;
        }
        catch (IOException e) when (_writer.Moments != 0)
        {
            StdErr.Write(e.Message, $"the moments that {_request.Path} has are complete");
            code = ExitCode.Incomplete;
        }

        if (_incomplete != 0)
        {
            string which = _request.Every is null ? "" : $" in {Amounts.Of((ulong)_incomplete, "moment")} of {_writer.Moments}";
            StdErr.Write($"not all of the heaps is known{which}, and is recorded so: 'pagealloc summary {_request.Path}{(_request.Every is null ? "" : "@N")}' says what");
        }

        if (_request.Every is not null && _writer.Moments != 0)
        {
            StdErr.Write($"{_request.Path} has {Amounts.Of((ulong)_writer.Moments, "moment")}, {Amounts.Size((ulong)_writer.Length)}");
        }

        return code;
    }

    /// <summary>Closes the file, which is removed when it has no moment.</summary>
    public void Dispose()
    {
        Array.ForEach(_signals, s => s.Dispose());
        _writer.Dispose();
        _opened.Dispose();
        _cancel.Dispose();
    }

    private static ExitCode Worse(ExitCode a, ExitCode b) => a == ExitCode.Done ? b : a;

    private ExitCode RecordMoment()
    {
        // A file stands still anyway.
        if (!_request.Freeze || _opened.Target.Info.Kind != TargetKind.Process)
        {
            return RecordMoment(_opened);
        }

        // Each moment is frozen by itself. The process opened first tells whether its number is still its own.
        using OpenedTarget frozen = OpenedTarget.Open(_opened.Target.Info.Pid.ToString(CultureInfo.InvariantCulture), freeze: true);
        ThrowIfEnded();
        return RecordMoment(frozen);
    }

    private ExitCode RecordMoment(OpenedTarget opened)
    {
        ExitCode code = ExitCode.Done;
        TargetInfo info = opened.Target.Info;
        bool hasContents = !_request.Contents;

        // What was recorded once keeps its time; when a core file was written nobody knows.
        DateTimeOffset time = info.Kind == TargetKind.Process ? DateTimeOffset.UtcNow : info.Recorded?.Time ?? DateTimeOffset.UnixEpoch;
        _writer.Add(
            time,
            moment =>
            {
                using Look look = Look.At(
                    opened,
                    _request.Read,
                    _request.Heap,
                    scan: _request.ZeroScan ? table => HugeScan.Read(opened.Target, table, table.Mappings, _request.Read.Limits) : null,
                    contents: _request.Contents
                        ? (table, memory) =>
                        {
                            ContentSections.Write(moment, memory, ContentRanges.Of(table, _request.Heap.SwapIn));
                            hasContents = true;
                        }
                : null);
                code = look.WriteTo(moment);
                _incomplete += code != ExitCode.Done && look.Failure is null ? 1 : 0;
                if (!_isSaid)
                {
                    // The same of each moment.
                    MissingDetails.Say(_request.Read, look.Table.Unknown, look.Info);
                    _isSaid = true;
                }
            },
            _cancel.Token);
        if (!hasContents)
        {
            StdErr.Write($"{info.Name} has no contents to keep");
            code = Worse(code, ExitCode.Incomplete);
        }

        return opened.Conclude(code);
    }

    private void Wait(TimeSpan time)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < time || _cancel.IsCancellationRequested;)
        {
            TimeSpan left = time - watch.Elapsed;
            _cancel.Token.WaitHandle.WaitOne(left < TimeSpan.Zero ? TimeSpan.Zero : left < s_patience ? left : s_patience);
            _cancel.Token.ThrowIfCancellationRequested();
            ThrowIfEnded();
        }
    }

    private void ThrowIfEnded()
    {
        if (_opened.Target is IProcDirectory process)
        {
            _ = process.ReadText("stat");
        }
    }

    private PosixSignalRegistration Watch(PosixSignal signal, ExitCode code) => PosixSignalRegistration.Create(signal, context =>
    {
        // A second one ends the program at once.
        context.Cancel = !_cancel.IsCancellationRequested;
        _signalled = code;
        _cancel.Cancel();
    });
}
