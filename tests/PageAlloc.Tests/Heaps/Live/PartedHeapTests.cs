using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>A large heap is walked on several threads: what is said of it does not tell how many there were.</summary>
[Trait("Category", "Live")]
public sealed class PartedHeapTests
{
    // 150 MB in blocks of 600 to 1100 bytes, of which a third is free again: all in the main arena.
    private const string ManyBlocks =
        "import gc, sys; gc.disable(); x = [bytes(600 + i % 500) for i in range(180000)]; del x[::3]; print('READY', flush=True); sys.stdin.read()";

    [Theory]
    [InlineData("--format", "json")]
    [InlineData("--show", "summary")]
    [InlineData("--show", "summary", "--freeze")]
    public void One_processor_says_what_all_do(params string[] options)
    {
        Skips.Unless(Launch.Find("python3") is not null, "needs python3");
        using HeapProgram program = HeapProgram.Start("python3", ["-c", ManyBlocks]);
        Assert.Equal(Run("all", program.Pid, options), Run("one", program.Pid, options));
    }

    [Fact]
    public void What_several_threads_kept_is_what_one_lists()
    {
        Skips.Unless(Launch.Find("python3") is not null, "needs python3");
        using var folder = new WorkFolder();
        string snapshot = Path.Combine(folder.Path, "s");
        using HeapProgram program = HeapProgram.Start("python3", ["-c", ManyBlocks]);
        Assert.Equal(0, CommandRun.Run("record", $"{program.Pid}", "-o", snapshot).ExitCode);
        string live = CommandRun.Run("blocks", $"{program.Pid}").Text;
        Assert.True(live.Length > 1 << 20, "the heap is too small to be walked in parts");
        Assert.Equal(live, CommandRun.Run("blocks", snapshot).Text);
    }

    // The group of the process has other processes in it, which do not stand still.
    private static string Run(string processors, int pid, string[] options)
    {
        const string Script = """
            processors=$(taskset -cp $$); processors=${processors##* }
            [[ $1 == all ]] || processors=${processors%%[,-]*}
            taskset -c "$processors" "$0" "${@:2}" | sed -E 's/"cgroup":\{[^}]*\}//'
            """;
        CommandResult result = CommandRun.Shell(Script, [processors, $"{pid}", .. options]);
        Assert.Equal(0, result.ExitCode);
        Assert.NotEqual("", result.Text);
        return result.Text;
    }
}
