using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Terminal;

/// <summary>
/// A terminal of its own: a tmux server with one pane, in which a bash script runs. Script and test wait for each other
/// by <c>tmux wait-for</c>, whose channels remember a signal that nobody waited for yet.
/// </summary>
internal sealed class Tmux : IDisposable
{
    // What a user or CI may have set, and what tmux itself sets in its panes.
    private static readonly string[] s_unset =
    [
        "TMUX", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES",
        "LC_ALL", "LC_CTYPE", "BASH_ENV", "ENV", "PROMPT_COMMAND",
    ];

    private const string Configuration = """
        set -g default-terminal tmux-256color
        set -g default-shell /bin/bash
        set -g status off

        """;

    private readonly WorkFolder _folder = new();

    /// <summary>Starts the terminal.</summary>
    /// <param name="columns">Its width in characters.</param>
    /// <param name="command">What runs in it, run by a shell in <see cref="Folder"/>.</param>
    public Tmux(int columns, string command)
    {
        Skips.Unless(Launch.Find("tmux") is not null, "tmux is not installed");
        try
        {
            string configuration = Path.Combine(Folder, "tmux.conf");
            File.WriteAllText(configuration, Configuration);
            string[] unset = [.. s_unset.SelectMany(name => new[] { "-u", name })];
            string[] tmux = ["tmux", "-u", "-S", Socket, "-f", configuration];
            string[] session = ["new-session", "-d", "-x", $"{columns}", "-y", "40", "-c", Folder];

            // tmux sets some of them itself in the shell.
            string script = $"unset {string.Join(' ', s_unset.Except(["TMUX"]))}; {command}";
            Finish("env", [.. unset, "LANG=C.UTF-8", .. tmux, .. session, script]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A folder for the script's files.</summary>
    public string Folder => _folder.Path;

    private string Socket => Path.Combine(Folder, "socket");

    /// <summary>Waits until the script has done <c>tmux wait-for -S CHANNEL</c>.</summary>
    public void WaitFor(string channel) => Run("wait-for", channel);

    /// <summary>Lets a script go on that waits with <c>tmux wait-for CHANNEL</c>.</summary>
    public void Signal(string channel) => Run("wait-for", "-S", channel);

    /// <summary>Types text.</summary>
    public void Type(string text) => Run("send-keys", "-l", "--", text);

    /// <summary>Presses keys, by their tmux names.</summary>
    public void Press(params string[] keys) => Run(["send-keys", .. keys]);

    /// <summary>The modes that a program can leave a terminal in.</summary>
    public string Modes() => Run(
        "display-message", "-p",
        "alternate #{alternate_on} cursor #{cursor_flag} insert #{insert_flag} keys #{keypad_cursor_flag} "
        + "keypad #{keypad_flag} mouse #{mouse_any_flag}#{mouse_button_flag}#{mouse_standard_flag}#{mouse_sgr_flag} "
        + "origin #{origin_flag} wrap #{wrap_flag} region #{scroll_region_upper}-#{scroll_region_lower} "
        + "title #{pane_title}");

    /// <summary>What the pane shows, with colours.</summary>
    public IReadOnlyList<Cell[]> Screen() => Cell.ParseLines(Run("capture-pane", "-e", "-p", "-N"));

    public void Dispose()
    {
        if (File.Exists(Socket))
        {
            Run("kill-server");
        }

        _folder.Dispose();
    }

    private string Run(params string[] arguments) => Finish("tmux", ["-S", Socket, .. arguments]);

    private static string Finish(string program, string[] arguments)
    {
        CommandResult result = CommandRun.Finish(Launch.Start(program, arguments));
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Text;
    }
}
