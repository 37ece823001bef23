using System.Runtime.InteropServices;
using PageAlloc.Interop;

namespace PageAlloc.Cli.Terminal;

/// <summary>Gives a terminal its own colour back when a signal ends the program amid a coloured row.</summary>
internal sealed unsafe class ColorReset : IDisposable
{
    // A write that waits for a stopped terminal holds the output; ^C must end the program all the same.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly StdOut _output;
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Begins to watch for signals.</summary>
    /// <param name="output">The output that gets the colours.</param>
    public ColorReset(StdOut output)
    {
        _output = output;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => End(ExitCode.Interrupted)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => End(ExitCode.Terminated)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => End(ExitCode.HungUp)),
        ];
    }

    /// <summary>Leaves signals to their usual course again.</summary>
    public void Dispose() => Array.ForEach(_registrations, r => r.Dispose());

    private void End(ExitCode code)
    {
        _ = Monitor.TryEnter(_output.WriteLock, Patience);
        ReadOnlySpan<byte> reset = "\e[0m\n"u8;
        fixed (byte* bytes = reset)
        {
            _ = LibC.write(1, bytes, reset.Length);
        }

        LibC._exit((int)code);
    }
}
