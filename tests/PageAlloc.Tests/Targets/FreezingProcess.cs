using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Targets;

/// <summary>
/// Another process that freezes and releases a target over and over until it is killed: this program, started with a variable
/// in its environment that makes it do that instead of running tests.
/// </summary>
internal sealed class FreezingProcess : IDisposable
{
    private const string Variable = "PAGEALLOC_TEST_FREEZE";

    private readonly Process _process;

    private FreezingProcess(Process process) => _process = process;

    /// <summary>What it said first: <c>freezing</c> once it has frozen and released the target, or why it can't.</summary>
    public string Said { get; private init; } = "";

    public static FreezingProcess Start(int pid, int? user = null)
    {
        var environment = new Dictionary<string, string>
        {
            [Variable] = pid.ToString(CultureInfo.InvariantCulture),
            // Fewer threads: it starts sooner, and the kernel takes less time to clear away what SIGKILL leaves.
            ["DOTNET_EnableDiagnostics"] = "0",
            ["DOTNET_gcConcurrent"] = "0",
        };
        string program = Path.Combine(AppContext.BaseDirectory, typeof(FreezingProcess).Assembly.GetName().Name!);
        Process process = Launch.Start(program, [], user: user, environment: environment);
        return new FreezingProcess(process) { Said = process.StandardOutput.ReadLine() ?? process.StandardError.ReadToEnd() };
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    [ModuleInitializer]
    internal static void RunInsteadOfTests()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out int pid))
        {
            return;
        }

        try
        {
            for (bool first = true; ; first = false)
            {
                // Longer than usual: the machine may be busy with other tests.
                ProcessFreezer.Freeze(pid, TimeSpan.FromSeconds(20), ProcessFreezer.MaxThreads).Release();
                if (first)
                {
                    Console.WriteLine("freezing");
                }
            }
        }
        catch (TargetException e)
        {
            Console.WriteLine($"{e.Failure}: {e.Message}");
            Environment.Exit(3);
        }
    }
}
