using System.ComponentModel;
using System.Runtime.InteropServices;

namespace PageAlloc.Tests.Support;

/// <summary>Signals to processes that the tests have started.</summary>
internal static partial class Signals
{
    public const int Interrupt = 2, Abort = 6, Kill = 9, Terminate = 15;

    public static void Send(int pid, int signal)
    {
        if (kill(pid, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"kill {pid} {signal}");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int sig);
}
