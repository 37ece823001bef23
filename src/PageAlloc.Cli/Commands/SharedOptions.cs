using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using PageAlloc.Heaps;
using PageAlloc.Targets;

namespace PageAlloc.Cli.Commands;

/// <summary>Arguments and options that several commands have, and how their values are read.</summary>
internal static class SharedOptions
{
    /// <summary>The process to look at.</summary>
    public static Argument<string> Target()
    {
        var target = new Argument<string>("TARGET")
        {
            Description = "a process: its number, or its name when only one has it; a core file; or a file of record: FILE, or FILE@N for its Nth moment",
            HelpName = "TARGET",
        };
        return AsTarget(target);
    }

    /// <summary>Makes of an argument one that names processes.</summary>
    public static T AsTarget<T>(T target)
        where T : Argument
    {
        target.CompletionSources.Add(CompleteTarget);
        target.Validators.Add(result =>
        {
            // An unknown option before the target is taken for the target.
            if (result.Tokens.FirstOrDefault(token => token.Value.StartsWith('-')) is { } option)
            {
                result.AddError($"there is no option '{option.Value}'");
            }
        });
        return target;
    }

    /// <summary>Whether swapped pages may be read.</summary>
    public static Option<bool> SwapIn() =>
        new("--swap-in") { Description = "read swapped pages of heaps too, which brings them back into RAM" };

    /// <summary>Whether the process is to stand still while it is read.</summary>
    public static Option<bool> Freeze() =>
        new("--freeze") { Description = "stop the process while it is read, about half a second for a gigabyte of heap; it runs on even if pagealloc is killed" };

    /// <summary>Whether to do without the kernel's flags of pages.</summary>
    public static Option<bool> NoPageFlags() => new("--no-page-flags")
    {
        Description = "do not read /proc/kpageflags: three times as fast, without the size of large folios and without KSM",
    };

    /// <summary>Whether huge pages are searched for zeros.</summary>
    public static Option<bool> ZeroScan() => new("--zero-scan")
    {
        Description = "search huge pages for small pages of zeros, which splitting would save: reads all bytes of them, a second for four gigabytes, and no more",
    };

    /// <summary>What may be used to read a target, as that option and the environment say.</summary>
    public static ReadOptions ReadPages(ParseResult result, Option<bool> noPageFlags) => new()
    {
        UsePageFlags = !result.GetValue(noPageFlags),
        UseIoctls = Environment.GetEnvironmentVariable("PAGEALLOC_PAGE_SOURCE") != "pagemap",
    };

    /// <summary>Where the layout of malloc's structures comes from.</summary>
    public static Option<string> Layout()
    {
        var option = new Option<string>("--layout")
        {
            Description = "where malloc's layout comes from; auto: structure, checked against debug information where there is any; PATH: a debug file",
            HelpName = "auto|debug-info|structure|PATH",
            DefaultValueFactory = _ => "auto",
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add("auto", "debug-info", "structure");
        return option;
    }

    /// <summary>Where the files of the machine that wrote a core file are.</summary>
    public static Option<string?> Sysroot() =>
        new("--sysroot") { Description = "of a core file: the directory below which the files of its machine are, such as its libc", HelpName = "DIR" };

    /// <summary>Whether a debuginfod server may be asked.</summary>
    public static Option<bool> Debuginfod() =>
        new("--debuginfod") { Description = "get debug information that is missing from the servers in $DEBUGINFOD_URLS" };

    /// <summary>How heaps are looked for, as these options say.</summary>
    public static HeapOptions ReadHeap(ParseResult result, Option<bool> swapIn, Option<string> layout, Option<bool> debuginfod)
    {
        string source = result.GetValue(layout)!;
        var options = new HeapOptions { SwapIn = result.GetValue(swapIn), UseDebuginfod = result.GetValue(debuginfod) };
        return source switch
        {
            "auto" => options,
            "debug-info" => options with { Layout = LayoutSource.DebugInfo },
            "structure" => options with { Layout = LayoutSource.Structure },
            _ => options with { DebugFile = source },
        };
    }

    /// <summary>An option that has one of a few values.</summary>
    public static Option<string> Choice(string name, string description, string usual, params string[] values)
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

    /// <summary>An option that has several of a few values, separated by commas.</summary>
    public static Option<string?> Choices(string name, string description, string helpName, IReadOnlyList<string> values)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = helpName };
        option.CompletionSources.Add([.. values]);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && Split(result.Tokens[0].Value).FirstOrDefault(v => !values.Contains(v)) is { } wrong)
            {
                result.AddError($"{name} takes {string.Join(", ", values)}, not '{wrong}'");
            }
        });
        return option;
    }

    /// <summary>The values of such an option; null when it was not given.</summary>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(list))]
    public static string[]? Split(string? list) => list?.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>Reads an address, in hexadecimal with or without <c>0x</c>.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static ulong ReadAddress(string text, string what)
    {
        ReadOnlySpan<char> digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text;
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address)
            ? address
            : throw new UsageException($"{what} is an address such as 0x7f64dfbe3ae0, not '{text}'");
    }

    /// <summary>Reads a size: bytes, or with K, M or G units of 1024, its square and its cube.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static ulong ReadSize(string text, string what)
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        return ulong.TryParse(shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            && number <= ulong.MaxValue >> shift
            ? number << shift
            : throw new UsageException($"{what} is a size such as 4096, 64K, 1M or 2G, not '{text}'");
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
