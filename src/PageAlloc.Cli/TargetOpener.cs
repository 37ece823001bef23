using System.Globalization;
using PageAlloc.Targets;
using PageAlloc.Targets.Cores;

namespace PageAlloc.Cli;

/// <summary>Opens what TARGET names: a process by number or by name, or a file.</summary>
internal static class TargetOpener
{
    /// <summary>Opens the target.</summary>
    /// <param name="name">What was named.</param>
    /// <param name="sysroot">Where the files of the machine that wrote a core file are; null for this machine's.</param>
    /// <exception cref="TargetException">There is none of that name, or several, or it can't be opened.</exception>
    public static ITarget Open(string name, string? sysroot = null)
    {
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
        {
            return LiveProcess.Open(pid);
        }

        if (name.Length == 0)
        {
            throw new UsageException("TARGET is empty: say which process, by its number or its name");
        }

        // A file that happens to be called like a process must not stand in its way; a slash says that a file is meant.
        bool isPath = name.Contains('/');
        if (isPath && OpenFile(name, sysroot) is { } named)
        {
            return named;
        }

        try
        {
            return LiveProcess.Open(ProcessLookup.FindOne(name));
        }
        catch (TargetException e) when (e.Failure == TargetFailure.NoSuchProcess && !isPath && Path.Exists(FileOf(name, out _)))
        {
            return OpenFile(name, sysroot)!;
        }
    }

    /// <summary>Opens all moments of the snapshot that is named; null when it is none, or one moment of it is picked.</summary>
    /// <param name="name">What was named.</param>
    /// <exception cref="TargetException">The file is damaged, or of a later version.</exception>
    public static SnapshotSeries? OpenSeries(string name)
    {
        string path = FileOf(name, out int? moment);
        return moment is null && Path.Exists(path) && !IsProcess(name) && SnapshotFile.IsOne(path) ? SnapshotSeries.Open(path) : null;
    }

    // As Open has it: what has a slash is a file, and else a process of that name comes first.
    private static bool IsProcess(string name)
    {
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            return true;
        }

        try
        {
            return !name.Contains('/') && ProcessLookup.FindOne(name) != 0;
        }
        catch (TargetException e)
        {
            return e.Failure != TargetFailure.NoSuchProcess;
        }
    }

    // What is given a moment can only be a snapshot.
    private static ITarget? OpenFile(string name, string? sysroot)
    {
        string path = FileOf(name, out int? moment);
        return !Path.Exists(path) ? null
            : moment is not null || SnapshotFile.IsOne(path) ? SnapshotFile.Open(path, moment)
            : CoreFile.Open(path, sysroot);
    }

    // FILE@3 is the third moment, unless a file has that very name.
    private static string FileOf(string name, out int? moment)
    {
        int at = name.LastIndexOf('@');
        moment = null;
        if (at > 0 && !Path.Exists(name) && int.TryParse(name.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            moment = number;
            return name[..at];
        }

        return name;
    }
}
