using System.Globalization;
using PageAlloc.Targets;

namespace PageAlloc.Cli;

/// <summary>Opens what TARGET names: a process by number or by name, or a file.</summary>
internal static class TargetOpener
{
    /// <summary>Opens the target.</summary>
    /// <exception cref="TargetException">There is none of that name, or several, or it can't be opened.</exception>
    public static ITarget Open(string name)
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
        if (isPath && OpenFile(name) is { } named)
        {
            return named;
        }

        try
        {
            return LiveProcess.Open(ProcessLookup.FindOne(name));
        }
        catch (TargetException e) when (e.Failure == TargetFailure.NoSuchProcess && !isPath && Path.Exists(FileOf(name, out _)))
        {
            return OpenFile(name)!;
        }
    }

    private static SnapshotFile? OpenFile(string name)
    {
        string path = FileOf(name, out int? moment);
        return Path.Exists(path) ? SnapshotFile.Open(path, moment) : null;
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
