using System.Runtime.InteropServices;

namespace PageAlloc.Interop;

/// <summary>
/// ptrace(2), and what it needs of waitid(2). All requests for a thread must come from the OS thread that seized it;
/// <see cref="Look"/> and <see cref="Reap"/> may come from any thread of this process.
/// </summary>
internal static unsafe partial class Ptrace
{
    // source: sys/ptrace.h
    public const int PTRACE_DETACH = 17;
    public const int PTRACE_SEIZE = 0x4206;
    public const int PTRACE_INTERRUPT = 0x4207;

    // source: linux/ptrace.h
    public const int PTRACE_EVENT_STOP = 128;

    // source: bits/waitflags.h
    public const int P_PID = 1;
    public const int WNOHANG = 1;
    public const int WSTOPPED = 2;
    public const int WEXITED = 4;
    public const int WNOWAIT = 0x01000000;
    public const int __WALL = 0x40000000;

    // source: bits/siginfo-consts.h
    public const int CLD_EXITED = 1;
    public const int CLD_KILLED = 2;
    public const int CLD_DUMPED = 3;

    // siginfo_t has 128 bytes; these are its ints, where pointers have 8 bytes. source: bits/types/siginfo_t.h
    private const int SiginfoInts = 32;
    private const int SiCode = 2;
    private const int SiPid = 4;
    private const int SiStatus = 6;

    /// <summary>Makes this OS thread the tracer of a thread, without stopping it; 0 or minus the error number.</summary>
    /// <remarks>Without options; above all without PTRACE_O_EXITKILL, so that the thread runs on when this one ends.</remarks>
    public static int Seize(int tid) => Request(PTRACE_SEIZE, tid, 0);

    /// <summary>Asks a seized thread to stop, and does not wait until it has; 0 or minus the error number.</summary>
    public static int Interrupt(int tid) => Request(PTRACE_INTERRUPT, tid, 0);

    /// <summary>Lets a stopped thread run on, untraced, with the signal that it stopped for, or 0; 0 or minus the error number.</summary>
    public static int Detach(int tid, int signal) => Request(PTRACE_DETACH, tid, signal);

    /// <summary>
    /// What a seized thread does now. The news is left where it is: the kernel takes the signal that a thread stopped for from
    /// the status that is waited for, so a signal would be lost if the status were taken and this process killed afterwards.
    /// </summary>
    /// <param name="tid">The thread.</param>
    /// <param name="signal">The signal that it has stopped for and not got yet; else 0.</param>
    public static TracedState Look(int tid, out int signal)
    {
        int* info = stackalloc int[SiginfoInts];
        int error = Wait(tid, info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT);
        signal = 0;
        if (error != 0)
        {
            return TracedState.Gone;
        }

        if (info[SiPid] == 0)
        {
            return TracedState.Running;
        }

        if (info[SiCode] is CLD_EXITED or CLD_KILLED or CLD_DUMPED)
        {
            return TracedState.Ended;
        }

        // The number of the event is above the signal's, as in the status that waitpid gives. Without options there is only
        // PTRACE_EVENT_STOP: stopped on request, or by a signal that stops the whole process.
        int status = info[SiStatus];
        signal = status >> 8 == 0 ? status : 0;
        return TracedState.Stopped;
    }

    /// <summary>Takes note of the end of a seized thread, without which neither it nor an exec of its process comes to an end.</summary>
    public static void Reap(int tid)
    {
        int* info = stackalloc int[SiginfoInts];
        _ = Wait(tid, info, WEXITED | WNOHANG);
    }

    private static int Request(int request, int tid, nint data) =>
        ptrace(request, tid, 0, data) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    private static int Wait(int tid, int* info, int options)
    {
        int result;
        do
        {
            info[SiPid] = 0;
            result = waitid(P_PID, tid, info, options | __WALL);
        }
        while (result != 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    // Variadic in C. On x86-64 and aarch64 Linux such arguments are passed as any others.
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint ptrace(int request, int pid, nint addr, nint data);

    // Rather than waitpid, which cannot leave the news where it is.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int idtype, int id, int* info, int options);
}

/// <summary>What a seized thread does.</summary>
internal enum TracedState
{
    /// <summary>It runs, or waits in the kernel.</summary>
    Running = 0,

    /// <summary>It stands still and can be detached.</summary>
    Stopped,

    /// <summary>It has ended, which is to be noted by <see cref="Ptrace.Reap"/>.</summary>
    Ended,

    /// <summary>It is no thread that this process traces, or no more.</summary>
    Gone,
}
