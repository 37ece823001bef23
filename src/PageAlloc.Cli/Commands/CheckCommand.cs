using System.CommandLine;
using System.Globalization;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Insight;
using PageAlloc.Insight.Findings;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc check TARGET</c>: whether a process keeps its limits, told by the exit code.</summary>
internal static class CheckCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make()
    {
        Argument<string> target = SharedOptions.Target();
        Option<string> format = SharedOptions.Choice("--format", "text, or json", "text", "text", "json");
        (BudgetKind Kind, Option<string?> Option)[] budgets = [.. BudgetKind.All.Select(kind => (kind, OptionFor(kind)))];
        Option<bool> swapIn = SharedOptions.SwapIn();
        Option<bool> freeze = SharedOptions.Freeze();
        Option<string> layout = SharedOptions.Layout();
        Option<string?> sysroot = SharedOptions.Sysroot();
        Option<bool> debuginfod = SharedOptions.Debuginfod();
        var command = new Command("check", "For CI and cron: exit code 1 when a limit is exceeded or the heap is damaged") { target, format };
        foreach ((_, Option<string?> option) in budgets)
        {
            command.Options.Add(option);
        }

        foreach (Option option in new Option[] { swapIn, freeze, layout, sysroot, debuginfod })
        {
            command.Options.Add(option);
        }

        command.SetAction(result =>
        {
            Budget[] asked =
            [
                .. budgets.Where(b => result.GetValue(b.Option) is not null)
                    .Select(b => new Budget(b.Kind, ReadLimit(result.GetValue(b.Option)!, b.Kind, b.Option.Name))),
            ];
            HeapOptions heap = SharedOptions.ReadHeap(result, swapIn, layout, debuginfod);
            using OpenedTarget opened = OpenedTarget.Open(result.GetValue(target)!, result.GetValue(freeze), result.GetValue(sysroot));
            return (int)Run(opened, heap, asked, result.GetValue(format) == "json", new StdOut(1));
        });
        return command;
    }

    private static ExitCode Run(OpenedTarget opened, HeapOptions heap, IReadOnlyList<Budget> budgets, bool json, StdOut output)
    {
        // No budget needs the size of folios.
        using Look look = Look.At(opened, new ReadOptions { UsePageFlags = false }, heap);
        ProcessFigures figures = look.Figures(look.Walk());
        bool isKnown = figures.Heaps is { Heaps.Allocator: null or "glibc" } heaps && opened.Target.Info.Incomplete is null && !HeapProblemsView.IsIncomplete(heaps.Heaps, heaps.Arenas);
        var check = new CheckResult([.. budgets.Select(b => b.Check(figures))], FindingList.Damage(figures), isKnown);
        if (json)
        {
            CheckView.WriteJson(figures, check, output);
        }
        else
        {
            CheckView.Write(check, output);
        }

        output.Flush();
        if (look.Failure is not null)
        {
            HeapOpener.Say(look.Failure);
        }

        return opened.Conclude(check.IsBad ? ExitCode.Found : check.IsGood ? ExitCode.Done : ExitCode.Incomplete);
    }

    private static Option<string?> OptionFor(BudgetKind kind) => new($"--max-{kind.Id}")
    {
        Description = $"{kind.Help}",
        HelpName = kind.Unit switch { BudgetUnit.Bytes => "SIZE", BudgetUnit.Percent => "PERCENT", _ => "N" },
    };

    private static ulong ReadLimit(string text, BudgetKind kind, string option)
    {
        if (kind.Unit == BudgetUnit.Bytes)
        {
            return SharedOptions.ReadSize(text, option);
        }

        string digits = kind.Unit == BudgetUnit.Percent ? text.TrimEnd('%') : text;
        return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong limit)
            ? limit
            : throw new UsageException($"{option} is a number{(kind.Unit == BudgetUnit.Percent ? " such as 40%" : "")}, not '{text}'");
    }
}
