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

        // A file that happens to be called like a process must not stand in its way.
        if (name.Contains('/') || (File.Exists(name) && !ProcessLookup.Exists(name)))
        {
            return CoreFile.Open(name, sysroot);
        }

        return LiveProcess.Open(ProcessLookup.FindOne(name));
    }
}
