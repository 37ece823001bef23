using System.Globalization;
using System.Text;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>A process as found in /proc.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Name">The kernel's short name, printable.</param>
/// <param name="Program">The path of its program, printable; empty for kernel threads, and when this user may not know it.</param>
public readonly record struct ProcessEntry(int Pid, string Name, string Program);

/// <summary>Finds processes by name. Command lines are not read: the kernel takes them from the memory of each process.</summary>
public static class ProcessLookup
{
    /// <summary>
    /// The one process called <paramref name="name"/>: by the kernel's short name, which ends at 15 bytes, or by the last
    /// part of its program's path. This process itself does not count.
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
            message.Append(CultureInfo.InvariantCulture, $"\n  {p.Pid,8}  {p.Name,-15}  {p.Program}");
        }

        if (found.Count > shown)
        {
            message.Append(CultureInfo.InvariantCulture, $"\n  and {found.Count - shown} more");
        }

        throw new TargetException(TargetFailure.Ambiguous, message.ToString(), "give the number of one of them");
    }

    /// <summary>Whether a process is called <paramref name="name"/>.</summary>
    public static bool Exists(string name) => All().Any(p => p.Pid != Environment.ProcessId && IsCalled(p, name));

    /// <summary>All processes that this /proc shows, in no order. One that ends meanwhile is left out.</summary>
    public static IEnumerable<ProcessEntry> All()
    {
        foreach (string path in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                continue;
            }

            using LinuxFile? directory = LinuxFile.Open(null, path, out _, LibC.O_PATH);
            using LinuxFile? comm = directory is null ? null : LinuxFile.Open(directory, "comm", out _);
            if (comm?.ReadToEnd(4096, out _) is { } name)
            {
                byte[] program = directory!.ReadLink("exe") ?? [];
                yield return new ProcessEntry(pid, ByteText.ToPrintable(name.AsSpan().TrimEnd((byte)'\n')), ByteText.ToPrintable(program));
            }
        }
    }

    /// <summary>Whether the kernel lets this user look at the memory map of the process.</summary>
    public static bool MayRead(int pid)
    {
        using LinuxFile? maps = LinuxFile.Open(null, $"/proc/{pid}/maps", out _);
        return maps is not null;
    }

    private static bool IsCalled(ProcessEntry process, string name) =>
        process.Name == name || (process.Program.Length != 0 && Path.GetFileName(process.Program) == name);
}
