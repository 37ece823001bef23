using System.Globalization;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Terminal;

/// <summary>What a run of a program in a terminal left behind.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Screen">The screen.</param>
/// <param name="Before">Modes of the terminal and of its line discipline before the run.</param>
/// <param name="After">The same afterwards.</param>
internal sealed record TerminalRun(int ExitCode, IReadOnlyList<Cell[]> Screen, string Before, string After)
{
    /// <summary>What the script writes at the end: in the terminal's own colours, if they are back.</summary>
    public const string Mark = "END OF RUN";

    /// <summary>The lines of the screen, without colours.</summary>
    public IEnumerable<string> Lines => Screen.Select(line => Cell.Text(line).TrimEnd());

    /// <summary>Runs a command in a terminal.</summary>
    /// <param name="columns">Its width.</param>
    /// <param name="environment">Variables, beside TERM=tmux-256color and LANG=C.UTF-8.</param>
    /// <param name="command">The program under test with its arguments, or any other.</param>
    public static TerminalRun Of(int columns, IEnumerable<string> environment, params string[] command)
    {
        using var tmux = new Tmux(
            columns,
            $"""
            stty -g > before; tmux wait-for -S ready; tmux wait-for go
            env {Quote([.. environment, .. command])}
            echo $? > code; stty -g > after; printf '{Mark}'; tmux wait-for -S done; exec sleep infinity
            """);
        tmux.WaitFor("ready");
        string before = tmux.Modes();
        tmux.Signal("go");
        tmux.WaitFor("done");
        string Read(string name) => File.ReadAllText(Path.Combine(tmux.Folder, name)).Trim();
        return new TerminalRun(
            int.Parse(Read("code"), CultureInfo.InvariantCulture), tmux.Screen(),
            before + Read("before"), tmux.Modes() + Read("after"));
    }

    /// <summary>Runs the program under test.</summary>
    public static TerminalRun Of(int columns, string[] environment, TargetProgram target, string options) =>
        Of(columns, environment, [CommandRun.Program, $"{target.Pid}", "--legend", "none", .. options.Split(' ')]);

    private static string Quote(IEnumerable<string> words) =>
        string.Join(' ', words.Select(w => $"'{w.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
}
