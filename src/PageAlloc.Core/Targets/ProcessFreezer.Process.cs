using System.Globalization;
using System.IO.Enumeration;
using System.Text;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

public sealed partial class ProcessFreezer
{
    /// <summary>The process as /proc shows it, and what to say when it can't be frozen.</summary>
    private sealed class TracedProcess : IDisposable
    {
        private const int KthreaddPid = 2;

        // For a moment of an exec, while another thread takes the leader's place, there seems to be none.
        private const int ListAttempts = 4;

        private readonly LinuxFile _directory;
        private readonly string _name;

        private TracedProcess(LinuxFile directory, int pid, string name)
        {
            _directory = directory;
            Pid = pid;
            _name = name;
        }

        /// <summary>Its number, which is that of its leader, too.</summary>
        public int Pid { get; }

        /// <summary>Opens the process that has the thread <paramref name="id"/>, and refuses those that are never to be traced.</summary>
        public static TracedProcess Open(int id)
        {
            LinuxFile directory = LinuxFile.Open(null, PathOf(id), out int error, LibC.O_PATH) ?? throw CannotOpen(id, error);
            try
            {
                byte[] status = Read(directory, "status", out error) ?? throw CannotOpen(id, error);
                int pid = Number(status, "Tgid:"u8);
                if (pid != id)
                {
                    directory.Dispose();
                    return Open(pid);
                }

                string name = NameOf(status);
                if (new FileInfo("/proc/self").LinkTarget != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
                {
                    throw NotSupported(name, "this /proc is that of another PID namespace");
                }

                if (pid == Environment.ProcessId)
                {
                    throw NotSupported(name, "it is the process that would do it");
                }

                if (Number(status, "PPid:"u8) == Environment.ProcessId)
                {
                    throw NotSupported(name, "it is a child of the process that would do it");
                }

                return new TracedProcess(directory, pid, name);
            }
            catch
            {
                directory.Dispose();
                throw;
            }
        }

        /// <summary>The numbers of its threads, in the order in which they were made; not always all of them.</summary>
        /// <param name="limit">How many there may be.</param>
        /// <param name="count">How many there are by the kernel's own count, made after the list.</param>
        public List<int> ListThreads(int limit, out int count)
        {
            for (int attempt = 0; attempt < ListAttempts; attempt++)
            {
                // A process number is only given anew when the process has gone, and then nothing is left in its directory.
                List<int>? tids = TryListThreads(limit + 1);
                count = Read(_directory, "status", out _) is { } status ? Number(status, "Threads:"u8) : 0;
                if (tids is not null && count > 0)
                {
                    return tids.Count <= limit
                        ? tids
                        : throw new TargetException(TargetFailure.LimitExceeded, $"{_name} was not frozen: it has more than {limit} threads");
                }

                Thread.Sleep(1);
            }

            throw Ended();
        }

        /// <summary>Whether the thread has ended, to the last or so far that it can't be traced.</summary>
        public bool IsDead(int tid) =>
            ReadStatus(tid) is not { } status || ProcStatus.Field(status, "State:"u8).IndexOfAny("ZX"u8) == 0;

        /// <summary>The number of the thread that traces it, or 0.</summary>
        public int TracerOf(int tid) => ReadStatus(tid) is { } status ? Number(status, "TracerPid:"u8) : 0;

        public void Dispose() => _directory.Dispose();

        public TargetException Ended() => new(TargetFailure.Ended, $"{_name} ended while it was being frozen");

        public TargetException Zombie() => new(TargetFailure.NoMemory, $"{_name} is a zombie: it has ended and has no memory any more");

        public TargetException StuckInExec() => GivenUp("it is being replaced by exec, which does not come to an end");

        public TargetException NoEndOfThreads() => GivenUp("it makes new threads all the time");

        public TargetException StuckThread(int tid)
        {
            ReadOnlySpan<byte> status = ReadStatus(tid);
            string thread = ByteText.ToPrintable(ProcStatus.Field(status, "Name:"u8));
            string state = Encoding.ASCII.GetString(ProcStatus.Field(status, "State:"u8));
            return GivenUp($"its thread {tid} ({thread}) does not stop, "
                + (state.StartsWith('D') ? "it waits for something in the kernel (state D)" : $"its state is {state}"));
        }

        /// <summary>Why the kernel gave <paramref name="error"/> when the thread was to be seized.</summary>
        public TargetException Refused(int tid, int error)
        {
            ReadOnlySpan<byte> status = ReadStatus(tid);
            if (Number(status, "TracerPid:"u8) is int tracer and not 0)
            {
                // The kernel names the thread that traces.
                using LinuxFile? directory = LinuxFile.Open(null, PathOf(tracer), out _, LibC.O_PATH);
                byte[]? its = directory is null ? null : Read(directory, "status", out _);
                string by = its is null ? $"process {tracer}" : NameOf(its);
                return new TargetException(
                    TargetFailure.SystemError, $"{_name} can't be frozen: {by} traces it already", "end that debugger, or look without freezing");
            }

            if (ProcStatus.Field(status, "VmSize:"u8).IsEmpty && (Pid == KthreaddPid || Number(status, "PPid:"u8) == KthreaddPid))
            {
                return new TargetException(TargetFailure.NoMemory, $"{_name} is a kernel thread: it has no memory of its own");
            }

            return error == Errno.EPERM
                ? NoPermission(_name)
                : new TargetException(TargetFailure.SystemError, $"{_name} can't be frozen: {ErrorText.Of(error)}");
        }

        private List<int>? TryListThreads(int limit)
        {
            var options = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
            try
            {
                return [.. new FileSystemEnumerable<int>(PathOf(Pid) + "/task", ParseTid, options).Take(limit)];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }

            static int ParseTid(ref FileSystemEntry entry) => int.Parse(entry.FileName, NumberStyles.None, CultureInfo.InvariantCulture);
        }

        private TargetException GivenUp(string why) =>
            new(TargetFailure.SystemError, $"{_name} was not frozen: {why}", "it runs on; try again, or look without freezing");

        private static TargetException CannotOpen(int id, int error) => error switch
        {
            Errno.ENOENT or Errno.ESRCH =>
                new TargetException(TargetFailure.NoSuchProcess, $"there is no process {id}", "'pgrep -a NAME' lists processes"),
            Errno.EPERM or Errno.EACCES => NoPermission($"process {id}"),
            _ => new TargetException(TargetFailure.SystemError, $"process {id}: can't open {PathOf(id)}: {ErrorText.Of(error)}"),
        };

        private static TargetException NoPermission(string name) => new(
            TargetFailure.PermissionDenied,
            $"{name}: no permission to freeze it",
            "use sudo, or give pagealloc the capability CAP_SYS_PTRACE (in a container: --cap-add SYS_PTRACE)");

        private static TargetException NotSupported(string name, string why) =>
            new(TargetFailure.NotSupported, $"{name} can't be frozen: {why}");

        private static string PathOf(int id) => string.Create(CultureInfo.InvariantCulture, $"/proc/{id}");

        private byte[]? ReadStatus(int tid) =>
            Read(_directory, string.Create(CultureInfo.InvariantCulture, $"task/{tid}/status"), out _);

        private static byte[]? Read(LinuxFile directory, string path, out int error)
        {
            using LinuxFile? file = LinuxFile.Open(directory, path, out error);
            return file?.ReadToEnd(1 << 20, out error);
        }

        private static string NameOf(ReadOnlySpan<byte> status) =>
            $"process {Number(status, "Tgid:"u8)} ({ByteText.ToPrintable(ProcStatus.Field(status, "Name:"u8))})";

        private static int Number(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name) =>
            System.Buffers.Text.Utf8Parser.TryParse(ProcStatus.Field(status, name), out int value, out _) ? value : 0;
    }
}
