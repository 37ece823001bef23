using System.CommandLine;
using System.CommandLine.Help;
using PageAlloc.Cli.Commands;

namespace PageAlloc.Cli;

/// <summary>The options and commands, and what of them is asked for.</summary>
internal sealed class CommandLine
{
    private readonly Argument<string> _target = SharedOptions.Target();
    private readonly DrawingOptions _drawing = new();
    private readonly Option<string> _format = SharedOptions.Choice("--format", "text, or json (see docs/json.md)", "text", "text", "json");
    private readonly Option<string?> _show = SharedOptions.Choices(
        "--show", "what to show: pages, heaps, summary; all of them when not said", "PART,…", [.. Enum.GetNames<MapParts>().Select(p => p.ToLowerInvariant())]);

    private readonly Option<string> _heapBy = SharedOptions.Choice(
        "--heap-by", "what a pixel of the heap map is: eight units of its blocks, or a page by what is free on it", "blocks", "blocks", "pages");

    private readonly Option<string?> _filter = new("--filter")
    {
        Description = "only mappings with this address, in this range, or whose name matches, and arenas in them",
        HelpName = "REGEX|ADDR|ADDR-ADDR",
    };

    private readonly Option<bool> _swapIn = SharedOptions.SwapIn();
    private readonly Option<bool> _freeze = SharedOptions.Freeze();
    private readonly Option<string> _layout = SharedOptions.Layout();
    private readonly Option<string?> _sysroot = SharedOptions.Sysroot();
    private readonly Option<bool> _debuginfod = SharedOptions.Debuginfod();
    private readonly Option<bool> _totals = new("--totals") { Description = "a line of totals under each mapping" };
    private readonly Option<bool> _runs = new("--runs") { Description = "with json: the states of each mapping's pages, run-length encoded" };
    private readonly Option<bool> _zeroScan = SharedOptions.ZeroScan();
    private readonly Option<bool> _noPageFlags = SharedOptions.NoPageFlags();

    private static readonly (string Name, Func<Command> Make)[] s_commands =
    [
        ("summary", SummaryCommand.Make), ("blocks", BlocksCommand.Make), ("whatis", WhatIsCommand.Make), ("diff", DiffCommand.Make),
        ("check", CheckCommand.Make), ("ps", PsCommand.Make), ("record", RecordCommand.Make), ("completion", CompletionCommand.Make),
    ];

    /// <summary>Makes the command line.</summary>
    /// <param name="arguments">What was given: where it asks for no help, only what it names is made, as the rest takes longer than to read a small process's pages.</param>
    /// <param name="map">Runs the main command.</param>
    public CommandLine(IReadOnlyList<string> arguments, Func<MapRequest, ExitCode> map)
    {
        const string description = "Shows every page of a process and every block of its malloc heaps, as a picture.";
        bool isWhole = arguments.Any(MayAskForHelp);
        Root = isWhole ? new RootCommand(description) : new Command("pagealloc", description);
        Root.Arguments.Add(_target);
        foreach (Option option in new Option[]
        {
            _show, _heapBy, _format, _drawing.Color, _drawing.Legend, _drawing.Width, _drawing.Scale, _filter, _drawing.NoFold, _totals, _runs, _zeroScan, _noPageFlags, _swapIn, _freeze, _layout, _sysroot, _debuginfod,
        })
        {
            Root.Options.Add(option);
        }

        Root.SetAction(result => (int)map(ReadMap(result)));
        foreach ((string name, Func<Command> make) in s_commands)
        {
            if (isWhole || arguments.Contains(name))
            {
                Root.Subcommands.Add(make());
            }
        }

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
    public Command Root { get; }

    /// <summary>What the options of the map ask for.</summary>
    /// <exception cref="UsageException">They ask for what can't be.</exception>
    public MapRequest ReadMap(ParseResult result)
    {
        bool json = result.GetValue(_format) == "json";
        if (result.GetValue(_runs) && !json)
        {
            throw new UsageException("--runs goes with --format json");
        }

        MapParts shown = SharedOptions.Split(result.GetValue(_show)) is { } parts
            ? parts.Aggregate((MapParts)0, (all, part) => all | Enum.Parse<MapParts>(part, ignoreCase: true))
            : MapParts.Pages | MapParts.Heaps | MapParts.Summary;
        if (result.GetValue(_zeroScan) && !json && !shown.HasFlag(MapParts.Summary))
        {
            throw new UsageException("--zero-scan goes with --show summary or --format json");
        }

        return new MapRequest
        {
            Target = result.GetValue(_target)!,
            Json = json,
            Parts = shown,
            ZeroScan = result.GetValue(_zeroScan),
            HeapByPages = result.GetValue(_heapBy) == "pages",
            Heap = SharedOptions.ReadHeap(result, _swapIn, _layout, _debuginfod),
            Freeze = result.GetValue(_freeze),
            Sysroot = result.GetValue(_sysroot),
            Runs = result.GetValue(_runs),
            Legend = result.GetValue(_drawing.Legend) != "none",
            Filter = ReadFilter(result.GetValue(_filter)),
            Read = SharedOptions.ReadPages(result, _noPageFlags),
            Map = _drawing.Read(result) with { Totals = result.GetValue(_totals) },
        };
    }

    // Help, version, completion ("[suggest]") and files of arguments ("@FILE") are of a root command; so are short options, which may stand in one word.
    private static bool MayAskForHelp(string argument) =>
        argument.StartsWith("--help", StringComparison.Ordinal) || argument.StartsWith("--version", StringComparison.Ordinal)
        || argument is ['[' or '@', ..] or ['-', not '-', ..];

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
}
