using PageAlloc.Views;

namespace PageAlloc.Cli.Terminal;

/// <summary>When colours are asked for.</summary>
internal enum ColorChoice
{
    Auto,
    Always,
    Never,
}

/// <summary>Decides what the reader of standard output can show, from the option, the environment and whether it is a terminal.</summary>
internal static class ColorPolicy
{
    private static readonly string[] s_localeVariables = ["LC_ALL", "LC_CTYPE", "LANG"];

    /// <summary>The style to write in. <paramref name="env"/> looks up a variable; null or empty is not set.</summary>
    public static TextStyle Style(ColorChoice choice, Func<string, string?> env, bool isTerminal) =>
        new(WantsColors(choice, env, isTerminal) ? Depth(env) : ColorDepth.None, IsUtf8(env));

    // The order of no-color.org and bixense.com/clicolors; the option stands above all of them.
    private static bool WantsColors(ColorChoice choice, Func<string, string?> env, bool isTerminal)
    {
        if (choice != ColorChoice.Auto)
        {
            return choice == ColorChoice.Always;
        }

        if (IsSet("NO_COLOR"))
        {
            return false;
        }

        if ((IsSet("CLICOLOR_FORCE") && env("CLICOLOR_FORCE") != "0") || (IsSet("FORCE_COLOR") && env("FORCE_COLOR") != "0"))
        {
            return true;
        }

        return isTerminal && IsSet("TERM") && env("TERM") != "dumb" && env("CLICOLOR") != "0";

        bool IsSet(string name) => !string.IsNullOrEmpty(env(name));
    }

    private static ColorDepth Depth(Func<string, string?> env)
    {
        string term = env("TERM") ?? "";
        if (env("COLORTERM") is "truecolor" or "24bit" || term.EndsWith("-direct", StringComparison.Ordinal)
            || term is "xterm-kitty" or "xterm-ghostty" or "alacritty" or "foot")
        {
            return ColorDepth.TrueColor;
        }

        return term.Contains("256color", StringComparison.Ordinal) ? ColorDepth.Indexed : ColorDepth.Sixteen;
    }

    // The first variable that is set names the locale; one that names no character set is C or POSIX, or UTF-8 by custom.
    private static bool IsUtf8(Func<string, string?> env)
    {
        string locale = s_localeVariables.Select(env).FirstOrDefault(v => !string.IsNullOrEmpty(v)) ?? "";
        return locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("UTF8", StringComparison.OrdinalIgnoreCase);
    }
}
