using System.Globalization;
using System.Text;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>A process as found in /proc.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Name">The kernel's short name, printable.</param>
/// <param name="CommandLine">The command line with blanks between the arguments, printable; empty for kernel threads.</param>
public readonly record struct ProcessEntry(int Pid, string Name, string CommandLine);

/// <summary>Finds processes by name.</summary>
public static class ProcessLookup
{
    /// <summary>
    /// The one process called <paramref name="name"/>: by the kernel's short name, or the last part of its program's path
    /// or of its first argument (short names end at 15 bytes). This process itself does not count.
    /// </summary>
    /// <exception cref="TargetException">There is none, or several; then the message lists them.</exception>
    public static int FindOne(string name)
    {
        var found = All().Where(p => p.Pid != Environment.ProcessId && IsCalled(p, name)).ToList();
        if (found.Count == 1)
        {
            return found[0].Pid;
        }

        if (found.Count == 0)
        {
            throw new TargetException(
                TargetFailure.NoSuchProcess,
                $"'{name}' is no process number, no file, and no process has that name",
                "'pgrep -a NAME' lists processes");
        }

        const int shown = 20;
        var message = new StringBuilder($"{found.Count} processes are called '{name}':");
        foreach (ProcessEntry p in found.Take(shown))
        {
            message.Append(CultureInfo.InvariantCulture, $"\n  {p.Pid,8}  {(p.CommandLine.Length > 100 ? p.CommandLine[..100] + "..." : p.CommandLine)}");
        }

        if (found.Count > shown)
        {
            message.Append(CultureInfo.InvariantCulture, $"\n  and {found.Count - shown} more");
        }

        throw new TargetException(TargetFailure.Ambiguous, message.ToString(), "give the number of one of them");
    }

    /// <summary>All processes that this /proc shows, in no order. One that ends meanwhile is left out.</summary>
    public static IEnumerable<ProcessEntry> All()
    {
        foreach (string path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                && Read($"{path}/comm", 4096) is { } comm)
            {
                byte[] arguments = Read($"{path}/cmdline", 64 << 10) ?? [];
                arguments.AsSpan().Replace((byte)0, (byte)' ');
                yield return new ProcessEntry(
                    pid, ByteText.ToPrintable(comm.AsSpan().TrimEnd((byte)'\n')), ByteText.ToPrintable(arguments.AsSpan().TrimEnd((byte)' ')));
            }
        }
    }

    /// <summary>Whether the kernel lets this user look at the memory map of the process.</summary>
    public static bool MayRead(int pid)
    {
        using LinuxFile? maps = LinuxFile.Open(null, $"/proc/{pid}/maps", out _);
        return maps is not null;
    }

    private static bool IsCalled(ProcessEntry process, string name)
    {
        if (process.Name == name)
        {
            return true;
        }

        ReadOnlySpan<char> first = process.CommandLine.AsSpan();
        int blank = first.IndexOf(' ');
        first = blank < 0 ? first : first[..blank];
        return Path.GetFileName(first).SequenceEqual(name) || ProgramName(process.Pid) == name;
    }

    private static string? ProgramName(int pid)
    {
        using LinuxFile? directory = LinuxFile.Open(null, $"/proc/{pid}", out _, LibC.O_PATH);
        return directory?.ReadLink("exe") is { } program ? Path.GetFileName(ByteText.ToText(program)) : null;
    }

    private static byte[]? Read(string path, int limit)
    {
        using LinuxFile? file = LinuxFile.Open(null, path, out _);
        return file?.ReadToEnd(limit, out _);
    }
}
