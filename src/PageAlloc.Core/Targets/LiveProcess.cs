using System.Globalization;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>
/// A running process. It is read through one open directory of /proc, so that a reused process number can't mix in.
/// Opening and reading it changes nothing in it and never stops it.
/// </summary>
public sealed class LiveProcess : ITarget, IProcDirectory, IMemorySource
{
    private readonly LinuxFile _directory;
    private readonly Limits _limits;

    // Opened before anything is read: it stays that of the program that ran then, and says so when another runs.
    private readonly LinuxFile? _pagemap;

    private LiveProcess(LinuxFile directory, TargetInfo info, LinuxFile? pagemap, Limits limits)
    {
        _directory = directory;
        _pagemap = pagemap;
        _limits = limits;
        Info = info;
    }

    /// <inheritdoc/>
    public TargetInfo Info { get; }

    private string Name => Describe(Info.Pid, Info.Command.Span);

    /// <summary>Opens the process with the number <paramref name="pid"/>.</summary>
    /// <param name="pid">Its number in this /proc.</param>
    /// <param name="limits">Caps on what is read; null for the usual ones.</param>
    /// <exception cref="TargetException">There is no such process, or it has no memory of its own.</exception>
    public static LiveProcess Open(int pid, Limits? limits = null)
    {
        limits ??= Limits.Default;
        LinuxFile? directory = LinuxFile.Open(null, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}"), out int error, LibC.O_PATH);
        if (directory is null)
        {
            throw error == Errno.ENOENT
                ? new TargetException(TargetFailure.NoSuchProcess, $"there is no process {pid}", "'pgrep -a NAME' lists processes")
                : Failed($"/proc/{pid}", $"process {pid}", error);
        }

        LinuxFile? pagemap = null;
        try
        {
            directory = LiveThread.Of(directory, pid);
            pagemap = LinuxFile.Open(directory, "pagemap", out _);
            return new LiveProcess(directory, ReadInfo(directory, pid, pagemap, limits), pagemap, limits);
        }
        catch
        {
            pagemap?.Dispose();
            directory.Dispose();
            throw;
        }
    }

    LinuxFile IProcDirectory.Open(string name) =>
        (name == "pagemap" ? _pagemap?.Duplicate() : null)
        ?? LinuxFile.Open(_directory, name, out int error) ?? throw Failed(name, Name, error);

    LinuxFile? IProcDirectory.TryOpen(string name) => LinuxFile.Open(_directory, name, out _);

    byte[] IProcDirectory.ReadText(string name)
    {
        using LinuxFile file = ((IProcDirectory)this).Open(name);
        byte[]? text = file.ReadToEnd(_limits.MaxProcFileBytes, out int error);
        return text ?? throw (error == 0
            ? new TargetException(TargetFailure.LimitExceeded, $"{Name}: its {name} is larger than {_limits.MaxProcFileBytes >> 20} MiB")
            : Failed(name, Name, error));
    }

    bool IProcDirectory.TryStat(string path, out statx_t stat) => _directory.TryStat(path, out stat);

    /// <inheritdoc/>
    public IMemory OpenMemory(bool swapIn = false)
    {
        LinuxFile pagemap = ((IProcDirectory)this).Open("pagemap");
        try
        {
            return new LiveMemory(pagemap, ((IProcDirectory)this).Open("mem"), Info.Pid, swapIn);
        }
        catch
        {
            pagemap.Dispose();
            throw;
        }
    }

    /// <summary>Closes the directory. The process is not touched.</summary>
    public void Dispose()
    {
        _pagemap?.Dispose();
        _directory.Dispose();
    }

    private static TargetInfo ReadInfo(LinuxFile directory, int pid, LinuxFile? pagemap, Limits limits)
    {
        ReadOnlySpan<byte> status = Read("status", limits.MaxProcFileBytes)
            ?? throw new TargetException(TargetFailure.NoSuchProcess, $"process {pid} ended while it was being opened");
        ReadOnlySpan<byte> command = Read("comm", 4096) is { } comm ? comm.AsSpan().TrimEnd((byte)'\n') : default;
        string name = Describe(pid, command);
        if (ProcStatus.Field(status, "State:"u8).StartsWith("Z"u8) || ProcStatus.Field(status, "State:"u8).StartsWith("X"u8))
        {
            string parent = System.Text.Encoding.ASCII.GetString(ProcStatus.Field(status, "PPid:"u8));
            throw new TargetException(
                TargetFailure.NoMemory,
                $"{name} is a zombie: it has ended and has no memory any more",
                $"it waits to be collected by its parent, process {parent}");
        }

        byte[]? executable = directory.ReadLink("exe");
        if (ProcStatus.Field(status, "VmSize:"u8).IsEmpty)
        {
            throw ProcStat.IsKernelThread(Read("stat", 4096))
                ? new TargetException(TargetFailure.NoMemory, $"{name} is a kernel thread: it has no memory of its own")
                : new TargetException(TargetFailure.Ended, $"{name} is ending and has given up its memory");
        }

        return new TargetInfo
        {
            Kind = TargetKind.Process,
            Pid = pid,
            Command = command.ToArray(),
            Arguments = CommandLineText.Read(directory, pagemap, limits.MaxCommandLineBytes),
            Executable = executable is null ? null : new ReadOnlyMemory<byte>(executable),
            PageSize = LibC.getpagesize(),
            PointerSize = ReadPointerSize(directory),
        };

        byte[]? Read(string file, int limit)
        {
            using LinuxFile? f = LinuxFile.Open(directory, file, out _);
            return f?.ReadToEnd(limit, out _);
        }
    }

    // The class of the program that runs tells the width of its pointers. source: elf.h, e_ident[EI_CLASS]
    private static int ReadPointerSize(LinuxFile directory)
    {
        using LinuxFile? program = LinuxFile.Open(directory, "exe", out _);
        Span<byte> ident = stackalloc byte[5];
        if (program is null || program.ReadAt(ident, 0) != ident.Length || !ident.StartsWith("\u007fELF"u8))
        {
            return 0;
        }

        return ident[4] switch { 1 => 4, 2 => 8, _ => 0 };
    }

    private static string Describe(int pid, ReadOnlySpan<byte> command) =>
        command.IsEmpty ? $"process {pid}" : $"process {pid} ({ByteText.ToPrintable(command)})";

    private static TargetException Failed(string what, string who, int error) => error switch
    {
        Errno.ENOENT or Errno.ESRCH => new TargetException(TargetFailure.Ended, $"{who} ended while it was being read"),
        Errno.EACCES or Errno.EPERM => new TargetException(
            TargetFailure.PermissionDenied,
            $"{who}: no permission to read its {what}",
            LibC.geteuid() == 0
                ? "this root lacks CAP_SYS_PTRACE or CAP_DAC_READ_SEARCH for it (a container, or a user namespace): run pagealloc outside"
                : "use sudo, or give pagealloc the capabilities CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH (and CAP_SYS_ADMIN for the size of each page)"),
        _ => new TargetException(TargetFailure.SystemError, $"{who}: can't read its {what}: {ErrorText.Of(error)}"),
    };
}
