using System.Globalization;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Terminal;

/// <summary>A signal that ends the program amid a coloured row leaves the terminal in its own colour.</summary>
[Trait("Category", "Live")]
public sealed class ColorResetTests
{
    // The program blocks on a terminal that nobody reads; it gets the signal, and then what it wrote is read to the end.
    private const string OnTerminal = """
        import os, pty, signal, sys, time
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(TERM='xterm-256color', LC_ALL='C.UTF-8')
            os.environ.pop('NO_COLOR', None)
            os.execv(sys.argv[1], [sys.argv[1], sys.argv[2], '--no-fold'])
        text = b''
        while b'\x1b[' not in text:
            text += os.read(terminal, 1)
        os.kill(pid, int(sys.argv[3]))
        while True:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            text += data
        status = os.waitpid(pid, 0)[1]
        print(os.waitstatus_to_exitcode(status), text.endswith(b'\x1b[0m\r\n'), b'all mappings' in text)
        """;

    [Theory]
    [InlineData(2, 130)]
    [InlineData(15, 143)]
    [InlineData(1, 129)]
    public void It_ends_with_the_colour_of_the_terminal(int signal, int exitCode)
    {
        Skips.Unless(Launch.Find("python3") is not null, "python3 is not installed");
        using TargetProgram target = TargetProgram.Pages("manyMappings");
        string[] arguments = ["-c", OnTerminal, CommandRun.Program, $"{target.Pid}", signal.ToString(CultureInfo.InvariantCulture)];
        CommandResult result = CommandRun.Finish(Launch.Start("python3", arguments));
        Assert.Equal($"{exitCode} True False\n", result.Text);
    }
}
