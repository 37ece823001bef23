using System.Globalization;
using System.Runtime.InteropServices;
using PageAlloc.Interop;

namespace PageAlloc.Cli.Terminal;

/// <summary>How wide the terminal is.</summary>
internal static unsafe class TerminalSize
{
    private const nuint TIOCGWINSZ = 0x5413;

    /// <summary>Columns of the terminal on standard output; $COLUMNS goes first; 0 when there is none.</summary>
    public static int Columns(Func<string, string?> env)
    {
        if (int.TryParse(env("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out int columns) && columns > 0)
        {
            return columns;
        }

        winsize_t size = default;
        return LibC.ioctl(1, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    }

    /// <summary>struct winsize. source: asm-generic/termios.h</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct winsize_t
    {
        public ushort ws_row;
        public ushort ws_col;
        public ushort ws_xpixel;
        public ushort ws_ypixel;
    }
}
