using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.Globalization;
using PageAlloc.Cli.Commands;
using PageAlloc.Cli.Terminal;
using PageAlloc.Interop;
using PageAlloc.Targets;
using PageAlloc.Views;

namespace PageAlloc.Cli;

/// <summary>The options and commands, and what of them is asked for.</summary>
internal sealed class CommandLine
{
    private const int WidestRow = 4096;

    private readonly Argument<string> _target = new("TARGET")
    {
        Description = "a process: its number, or its name when only one has it",
        HelpName = "TARGET",
    };

    private readonly Option<string> _format = Choice("--format", "text, or json (see docs/json.md)", "text", "text", "json");
    private readonly Option<string> _color = Choice("--color", "colours; auto: on a terminal, unless NO_COLOR is set", "auto", "auto", "always", "never");
    private readonly Option<string> _legend = Choice("--legend", "the states that occur, all of them, or none", "used", "used", "all", "none");
    private readonly Option<int?> _width = new("--width") { Description = "characters in a row (80, or what the terminal has room for)", HelpName = "N" };
    private readonly Option<string?> _scale = new("--scale") { Description = "pages in a pixel; fit: each mapping in a few lines", HelpName = "N|fit" };
    private readonly Option<string?> _filter = new("--filter")
    {
        Description = "only mappings with this address, in this range, or whose name matches",
        HelpName = "REGEX|ADDR|ADDR-ADDR",
    };

    private readonly Option<bool> _noFold = new("--no-fold") { Description = "show long uniform stretches in full" };
    private readonly Option<bool> _totals = new("--totals") { Description = "a line of totals under each mapping" };
    private readonly Option<bool> _runs = new("--runs") { Description = "with json: the states of each mapping's pages, run-length encoded" };
    private readonly Option<bool> _noPageFlags = new("--no-page-flags")
    {
        Description = "do not read /proc/kpageflags: three times as fast, without the size of large folios and without KSM",
    };

    public CommandLine()
    {
        Root = new RootCommand("Shows the state of every page of a process, as a picture.")
        {
            _target, _format, _color, _legend, _width, _scale, _filter, _noFold, _totals, _runs, _noPageFlags,
        };
        _target.CompletionSources.Add(CompleteTarget);
        _target.Validators.Add(result =>
        {
            // An unknown option before the target is taken for the target.
            if (result.Tokens.Count == 1 && result.Tokens[0].Value.StartsWith('-'))
            {
                result.AddError($"there is no option '{result.Tokens[0].Value}'");
            }
        });
        Root.Subcommands.Add(CompletionCommand.Make());
        foreach (Option option in Root.Options)
        {
            if (option is HelpOption help)
            {
                help.Aliases.Remove("-?");
                help.Aliases.Remove("/?");
                help.Aliases.Remove("/h");
                help.Action = new HelpWithExamples((HelpAction)help.Action!);
            }
        }
    }

    /// <summary>The command as the library knows it.</summary>
    public RootCommand Root { get; }

    /// <summary>What the options of the map ask for.</summary>
    /// <exception cref="UsageException">They ask for what can't be.</exception>
    public MapRequest ReadMap(ParseResult result)
    {
        Func<string, string?> env = Environment.GetEnvironmentVariable;
        bool isTerminal = LibC.isatty(1) == 1;
        bool json = result.GetValue(_format) == "json";
        if (result.GetValue(_runs) && !json)
        {
            throw new UsageException("--runs goes with --format json");
        }

        return new MapRequest
        {
            Target = result.GetValue(_target)!,
            Json = json,
            Runs = result.GetValue(_runs),
            Legend = result.GetValue(_legend) != "none",
            Filter = ReadFilter(result.GetValue(_filter)),
            Read = new ReadOptions
            {
                UsePageFlags = !result.GetValue(_noPageFlags),
                UseIoctls = env("PAGEALLOC_PAGE_SOURCE") != "pagemap",
            },
            Map = new MapOptions
            {
                Style = ColorPolicy.Style(Enum.Parse<ColorChoice>(result.GetValue(_color)!, ignoreCase: true), env, isTerminal),
                Width = ReadWidth(result.GetValue(_width), isTerminal ? TerminalSize.Columns(env) : 0),
                Scale = ReadScale(result.GetValue(_scale)),
                Fold = !result.GetValue(_noFold),
                Totals = result.GetValue(_totals),
                WholeLegend = result.GetValue(_legend) == "all",
            },
        };
    }

    // A row is 20 characters of address and the cells; it must not wrap.
    private static int ReadWidth(int? asked, int columns)
    {
        const int addressWidth = 20;
        const int usual = 80;
        return asked switch
        {
            null when columns > addressWidth => Math.Min(usual, columns - addressWidth),
            null => usual,
            >= 1 and <= WidestRow => asked.Value,
            _ => throw new UsageException($"--width is from 1 to {WidestRow}, not {asked}"),
        };
    }

    private static ulong? ReadScale(string? text) => text switch
    {
        null => 1,
        "fit" => null,
        _ when ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong scale) && scale is >= 1 and <= 1UL << 40 => scale,
        _ => throw new UsageException($"--scale is a number of pages, or 'fit', not '{text}'"),
    };

    private static MappingFilter? ReadFilter(string? text)
    {
        try
        {
            return text is null ? null : MappingFilter.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException($"--filter: {e.Message}");
        }
    }

    private static Option<string> Choice(string name, string description, string usual, params string[] values)
    {
        var option = new Option<string>(name) { Description = description, HelpName = string.Join('|', values), DefaultValueFactory = _ => usual };
        option.CompletionSources.Clear();
        option.CompletionSources.Add(values);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !values.Contains(result.Tokens[0].Value))
            {
                result.AddError($"{name} is one of {string.Join(", ", values)}, not '{result.Tokens[0].Value}'");
            }
        });
        return option;
    }

    // Only processes that this user may read; the names help to choose.
    private static IEnumerable<CompletionItem> CompleteTarget(CompletionContext context)
    {
        foreach (ProcessEntry process in ProcessLookup.All().Where(p => p.Program.Length != 0))
        {
            string pid = process.Pid.ToString(CultureInfo.InvariantCulture);
            if (ProcessLookup.MayRead(process.Pid) && pid.StartsWith(context.WordToComplete, StringComparison.Ordinal))
            {
                yield return new CompletionItem(pid, detail: process.Name);
            }
        }
    }
}
