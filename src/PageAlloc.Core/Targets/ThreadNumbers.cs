using System.Buffers.Text;
using System.Globalization;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>
/// The numbers of the threads of a process: those that it knows itself, which are of its own PID namespace, and ours.
/// </summary>
internal static class ThreadNumbers
{
    private const int MaxStatusBytes = 64 << 10;

    /// <summary>The threads by the numbers that the process itself knows, with the numbers that we know. Of a file there is no difference.</summary>
    /// <exception cref="TargetException">The process is gone.</exception>
    public static Dictionary<int, int> Of(ITarget target)
    {
        if (target is IThreadSource source)
        {
            return source.Threads.ToDictionary(t => t.Tid, t => t.Tid);
        }

        int pid = target.Info.Pid;
        var numbers = new Dictionary<int, int>();
        string tasks = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task");
        bool? isNested = null;
        try
        {
            foreach (string path in Directory.EnumerateDirectories(tasks))
            {
                int tid = int.Parse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture);

                // All threads of a process are in one namespace: the first tells whether it is another than ours.
                int inner = tid;
                if (isNested != false)
                {
                    using LinuxFile? status = LinuxFile.Open(null, path + "/status", out _);
                    inner = Inner(status?.ReadToEnd(MaxStatusBytes, out _), out bool several) ?? tid;
                    isNested ??= several;
                }

                numbers[inner] = tid;
            }
        }
        catch (DirectoryNotFoundException)
        {
            throw new TargetException(TargetFailure.Ended, $"process {pid} ended while it was being read");
        }

        return numbers;
    }

    /// <summary>The number in the innermost namespace, as a <c>status</c> file tells it; null when it does not.</summary>
    /// <param name="status">The text of the file.</param>
    /// <param name="isNested">Whether that namespace is another than that of our /proc.</param>
    public static int? Inner(ReadOnlySpan<byte> status, out bool isNested)
    {
        ReadOnlySpan<byte> list = ProcStatus.Field(status, "NSpid:"u8);
        int gap = list.LastIndexOfAny((byte)'\t', (byte)' ');
        isNested = gap >= 0;
        ReadOnlySpan<byte> last = list[(gap + 1)..];
        return Utf8Parser.TryParse(last, out int number, out int length) && length == last.Length ? number : null;
    }
}
