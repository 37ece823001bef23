using System.Buffers.Text;

namespace PageAlloc.Interop;

/// <summary>Which release of Linux runs. It is asked only where nothing tells an interface from one that is not there.</summary>
internal static class KernelRelease
{
    /// <summary>The running one; 0.0 when it is not told.</summary>
    public static Version Running
    {
        get
        {
            using LinuxFile? file = LinuxFile.Open(null, "/proc/sys/kernel/osrelease", out _);
            return Parse(file?.ReadToEnd(4096, out _));
        }
    }

    /// <summary>Major and minor number of a release such as <c>6.13.0-1-amd64</c>.</summary>
    public static Version Parse(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out int major, out int length) && length < text.Length && text[length] == '.'
            && Utf8Parser.TryParse(text[(length + 1)..], out int minor, out _) && major >= 0 && minor >= 0
            ? new Version(major, minor)
            : new Version(0, 0);
}
