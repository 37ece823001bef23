using System.Globalization;
using System.Runtime.InteropServices;

namespace PageAlloc.Interop;

/// <summary>The client of debuginfod, elfutils' libdebuginfod.so.1; loaded when first needed.</summary>
internal static unsafe partial class LibDebuginfod
{
    private const string Library = "libdebuginfod.so.1";

    /// <summary>Asks the servers in $DEBUGINFOD_URLS for a debug file; the answer may come from the client's cache.</summary>
    /// <param name="buildId">The build-id.</param>
    /// <param name="path">Gets the path of the file in the cache.</param>
    /// <param name="reason">Gets why null is returned.</param>
    public static LinuxFile? Find(ReadOnlySpan<byte> buildId, out string? path, out string? reason)
    {
        path = null;
        if (string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable("DEBUGINFOD_URLS")))
        {
            reason = "$DEBUGINFOD_URLS names no debuginfod server";
            return null;
        }

        if (!NativeLibrary.TryLoad(Library, out _))
        {
            reason = $"{Library} not found; install 'libdebuginfod1' (Debian, Ubuntu) or 'elfutils-debuginfod-client' (Fedora)";
            return null;
        }

        void* client = debuginfod_begin();
        if (client == null)
        {
            reason = "the debuginfod client can't be started";
            return null;
        }

        byte* found = null;
        int fd;
        fixed (byte* id = buildId)
        {
            fd = debuginfod_find_debuginfo(client, id, buildId.Length, &found);
        }

        path = found == null ? null : Marshal.PtrToStringUTF8((nint)found);
        NativeMemory.Free(found);
        debuginfod_end(client);
        if (fd < 0)
        {
            reason = $"no debuginfod server has it: {ErrorText.Of(-fd)}";
            return null;
        }

        LinuxFile? file = LinuxFile.Open(null, string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}"), out int error);
        _ = LibC.close(fd);
        path ??= "a file from debuginfod";
        reason = file is null ? $"can't open {path}: {ErrorText.Of(error)}" : null;
        return file;
    }

    [LibraryImport(Library)]
    private static partial void* debuginfod_begin();

    [LibraryImport(Library)]
    private static partial void debuginfod_end(void* client);

    [LibraryImport(Library)]
    private static partial int debuginfod_find_debuginfo(void* client, byte* buildId, int length, byte** path);
}
