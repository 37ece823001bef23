using System.CommandLine;
using System.Globalization;
using PageAlloc.Cli.Terminal;
using PageAlloc.Interop;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary>The options of commands that draw pixels: colours, width, scale, folding, legend.</summary>
internal sealed class DrawingOptions
{
    private const int WidestRow = 4096;

    /// <summary>When to use colours.</summary>
    public Option<string> Color { get; } = SharedOptions.Choice("--color", "colours; auto: on a terminal, unless NO_COLOR is set", "auto", "auto", "always", "never");

    /// <summary>Which states the legend has.</summary>
    public Option<string> Legend { get; } = SharedOptions.Choice("--legend", "the states that occur, all of them, or none", "used", "used", "all", "none");

    /// <summary>Characters in a row.</summary>
    public Option<string?> Width { get; } = new("--width") { Description = "characters in a row (80, or what the terminal has room for)", HelpName = "N" };

    /// <summary>What a pixel is.</summary>
    public Option<string?> Scale { get; } = new("--scale") { Description = "pages in a pixel, or eights of heap units; fit: each mapping and arena in a few lines", HelpName = "N|fit" };

    /// <summary>Whether stretches are not folded.</summary>
    public Option<bool> NoFold { get; } = new("--no-fold") { Description = "show long uniform stretches in full" };

    /// <summary>How to draw, as these options, the environment and the terminal say.</summary>
    /// <exception cref="UsageException">They ask for what can't be.</exception>
    public MapOptions Read(ParseResult result)
    {
        Func<string, string?> env = Environment.GetEnvironmentVariable;
        bool isTerminal = LibC.isatty(1) == 1;
        return new MapOptions
        {
            Style = ColorPolicy.Style(Enum.Parse<ColorChoice>(result.GetValue(Color)!, ignoreCase: true), env, isTerminal),
            Width = ReadWidth(result.GetValue(Width), isTerminal ? TerminalSize.Columns(env) : 0),
            Scale = ReadScale(result.GetValue(Scale)),
            Fold = !result.GetValue(NoFold),
            WholeLegend = result.GetValue(Legend) == "all",
        };
    }

    // A row is 20 characters of address and the cells; it must not wrap.
    private static int ReadWidth(string? asked, int columns)
    {
        const int addressWidth = 20;
        const int usual = 80;
        if (asked is null)
        {
            return columns > addressWidth ? Math.Min(usual, columns - addressWidth) : usual;
        }

        return int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out int width) && width is >= 1 and <= WidestRow
            ? width
            : throw new UsageException($"--width is a number of characters from 1 to {WidestRow}, not '{asked}'");
    }

    private static ulong? ReadScale(string? text) => text switch
    {
        null => 1,
        "fit" => null,
        _ when ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong scale) && scale is >= 1 and <= 1UL << 40 => scale,
        _ => throw new UsageException($"--scale is a number of pages, or 'fit', not '{text}'"),
    };
}
