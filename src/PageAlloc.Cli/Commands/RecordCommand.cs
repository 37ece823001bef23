using System.CommandLine;
using System.Globalization;
using PageAlloc.Cli.Terminal;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc record TARGET -o FILE</c>: keeps all that the views need in a file, once or as a series.</summary>
internal static class RecordCommand
{
    private const int MostMoments = 1_000_000;

    /// <summary>Makes the command.</summary>
    public static Command Make()
    {
        Argument<string> target = SharedOptions.Target();
        var output = new Option<string?>("--output", "-o") { Description = "the file to write; it appears once it is complete", HelpName = "FILE" };
        var every = new Option<string?>("--every") { Description = "record again and again at this distance: 500ms, 10s, 5m, 1h", HelpName = "TIME" };
        var count = new Option<string?>("--count") { Description = "with --every: how many moments; without it until ^C, or until the process ends", HelpName = "N" };
        var contents = new Option<bool>("--contents") { Description = "keep what private memory holds too: whatever the process knows is then in the file" };
        var force = new Option<bool>("--force") { Description = "replace FILE when there is one, once the new one is complete" };
        Option<bool> noPageFlags = SharedOptions.NoPageFlags();
        Option<bool> zeroScan = SharedOptions.ZeroScan();
        Option<bool> swapIn = SharedOptions.SwapIn();
        Option<bool> freeze = SharedOptions.Freeze();
        Option<string> layout = SharedOptions.Layout();
        Option<string?> sysroot = SharedOptions.Sysroot();
        Option<bool> debuginfod = SharedOptions.Debuginfod();
        var command = new Command("record", "Keeps pages and blocks of a process in a file, which is then a TARGET as the process was")
        {
            target, output, every, count, contents, force, zeroScan, noPageFlags, swapIn, freeze, layout, sysroot, debuginfod,
        };
        command.SetAction(result =>
        {
            if (result.GetValue(output) is not { Length: > 0 } path)
            {
                throw new UsageException("say where to record: -o FILE");
            }

            if (result.GetValue(count) is not null && result.GetValue(every) is null)
            {
                throw new UsageException("--count goes with --every");
            }

            var request = new RecordRequest
            {
                Target = result.GetValue(target)!,
                Path = path,
                Every = result.GetValue(every) is { } time ? ReadTime(time) : null,
                Count = result.GetValue(every) is null ? 1 : result.GetValue(count) is { } number ? ReadCount(number) : null,
                Contents = result.GetValue(contents),
                Replace = result.GetValue(force),
                ZeroScan = result.GetValue(zeroScan),
                Freeze = result.GetValue(freeze),
                Sysroot = result.GetValue(sysroot),
                Read = SharedOptions.ReadPages(result, noPageFlags),
                Heap = SharedOptions.ReadHeap(result, swapIn, layout, debuginfod),
            };
            bool isThere = Path.Exists(path);
            try
            {
                using var recorder = new Recorder(request);
                return (int)recorder.Run();
            }
            catch (IOException e)
            {
                StdErr.Write(e.Message, request.Replace || !isThere ? null : "--force replaces a file, once the new one is complete");
                return (int)ExitCode.CannotOpen;
            }
        });
        return command;
    }

    private static int ReadCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= MostMoments
            ? count
            : throw new UsageException($"--count is a number from 1 to {MostMoments}, not '{text}'");

    private static TimeSpan ReadTime(string text)
    {
        (int suffix, double milliseconds) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (2, 1),
            _ when text.EndsWith('s') => (1, 1000),
            _ when text.EndsWith('m') => (1, 60 * 1000),
            _ when text.EndsWith('h') => (1, 3600 * 1000),
            _ => (0, 0.0),
        };
        return suffix != 0 && double.TryParse(text[..^suffix], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number * milliseconds is >= 1 and <= int.MaxValue
            ? TimeSpan.FromMilliseconds(number * milliseconds)
            : throw new UsageException($"--every is a time such as 500ms, 10s, 5m or 1h, not '{text}'");
    }
}
