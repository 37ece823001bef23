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

        // A file that happens to be called like a process must not stand in its way.
        if (name.Contains('/') && File.Exists(name))
        {
            throw new TargetException(
                TargetFailure.NotSupported,
                $"{name} is a file: this version reads running processes only, no core files and no snapshots",
                "give the number or the name of a process");
        }

        return LiveProcess.Open(ProcessLookup.FindOne(name));
    }
}
