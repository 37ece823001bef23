using System.Globalization;
using PageAlloc.Blocks;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Targets;

namespace PageAlloc.Cli;

/// <summary>A target that was opened, and stands still until it is released where that was asked for.</summary>
internal sealed class OpenedTarget : IDisposable
{
    private readonly ProcessFreezer? _freezer;

    private OpenedTarget(ITarget target, ProcessFreezer? freezer)
    {
        Target = target;
        _freezer = freezer;
        Pause = target.Info.Pause;
    }

    /// <summary>The target.</summary>
    public ITarget Target { get; }

    /// <summary>Whether it was stopped.</summary>
    public bool IsFrozen => _freezer is not null;

    /// <summary>How long it stood still, once it was released; null when it was not stopped.</summary>
    public TimeSpan? Pause { get; private set; }

    /// <summary>Opens what <paramref name="name"/> names.</summary>
    /// <param name="name">A process's number or name, or the path of a file.</param>
    /// <param name="freeze">Whether the process is to stand still.</param>
    /// <param name="sysroot">Where the files of the machine that wrote a core file are; null for this machine's.</param>
    /// <exception cref="TargetException">It can't be opened, or not be stopped.</exception>
    public static OpenedTarget Open(string name, bool freeze, string? sysroot = null)
    {
        if (sysroot is not null && !Directory.Exists(sysroot))
        {
            throw new UsageException($"--sysroot: there is no directory {sysroot}");
        }

        ITarget target = TargetOpener.Open(name, sysroot);

        // What is no process stands still anyway.
        if (!freeze || target is not LiveProcess)
        {
            return new OpenedTarget(target, null);
        }

        // Files opened before it stands still may be those of a program that it has replaced by exec since.
        int pid = target.Info.Pid;
        target.Dispose();
        ProcessFreezer freezer = ProcessFreezer.Freeze(pid);
        try
        {
            return new OpenedTarget(LiveProcess.Open(pid), freezer);
        }
        catch
        {
            freezer.Dispose();
            throw;
        }
    }

    /// <summary>Takes a target that is open, and stands still: a moment of a snapshot.</summary>
    /// <param name="target">The target, owned from now on.</param>
    public static OpenedTarget Of(ITarget target) => new(target, null);

    /// <summary>How heaps are looked for in it.</summary>
    public HeapOptions With(HeapOptions options) => options with { IsStopped = IsFrozen || Target is not LiveProcess };

    /// <summary>Lets a process that stands still run on, after its heaps were walked; one that was not stopped is walked when its blocks are asked for.</summary>
    /// <param name="heaps">The heaps; null when they are not wanted. Of a process that stood still they are what was found then.</param>
    public void Release(OpenedHeaps? heaps)
    {
        if (_freezer is not null)
        {
            heaps?.Keep();
            Pause = _freezer.Release();
        }
    }

    /// <summary>Says what there is to say of the target once it was shown: how long it stood still, which moment of a snapshot it is.</summary>
    /// <param name="code">The exit code so far.</param>
    /// <param name="sayMoment">Whether to say which moment of a series it is.</param>
    /// <returns>The exit code: a file that is cut off is shown, but not whole.</returns>
    public ExitCode Conclude(ExitCode code, bool sayMoment = true)
    {
        if (_freezer is not null && Pause is { } pause)
        {
            StdErr.Write(string.Create(CultureInfo.InvariantCulture, $"process {Target.Info.Pid} was frozen for {pause.TotalMilliseconds:F1} ms"));
        }

        if (sayMoment && Target.Info.Recorded is { Count: > 1 } recorded)
        {
            StdErr.Write(string.Create(
                CultureInfo.InvariantCulture, $"moment {recorded.Number} of {recorded.Count}, of {recorded.Time?.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; @N behind the name of the file picks another"));
        }

        if (Target.Info.Incomplete is { } missing)
        {
            StdErr.Write($"{Target.Info.Name} is not whole: {missing}");
            return code == ExitCode.Done ? ExitCode.Incomplete : code;
        }

        return code;
    }

    /// <summary>Lets the process run on, and closes it.</summary>
    public void Dispose()
    {
        _freezer?.Dispose();
        Target.Dispose();
    }
}
