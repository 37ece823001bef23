using System.Runtime.InteropServices;

namespace PageAlloc.Interop;

/// <summary>process_vm_readv(2).</summary>
internal static unsafe partial class ProcessVm
{
    /// <summary>Reads the memory of another process; returns the bytes read, or minus the error number.</summary>
    public static int Read(int pid, ulong address, Span<byte> buffer)
    {
        fixed (byte* b = buffer)
        {
            var local = new iovec_t { iov_base = (nuint)b, iov_len = (nuint)buffer.Length };
            var remote = new iovec_t { iov_base = (nuint)address, iov_len = (nuint)buffer.Length };
            nint n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
            return n < 0 ? -Marshal.GetLastPInvokeError() : (int)n;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint process_vm_readv(int pid, iovec_t* local, nuint localCount, iovec_t* remote, nuint remoteCount, nuint flags);

    /// <summary>struct iovec. source: bits/types/struct_iovec.h</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct iovec_t
    {
        public nuint iov_base;
        public nuint iov_len;
    }
}
