using System.Globalization;
using System.Text.RegularExpressions;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>What gdb reads from the threads of a process by libc's debug information.</summary>
internal static partial class Gdb
{
    // The lists of this machine's release: since 2.32 each link is mangled with the place where it lies.
    private const string Script = """
        set pagination off
        define lists
          set $cache = tcache
          set $i = 0
          while $cache != 0 && $i < 64
            set $entry = $cache->entries[$i]
            while $entry != 0
              printf "cached 0x%lx\n", $entry
              set $entry = (tcache_entry *)(((unsigned long)$entry >> 12) ^ (unsigned long)$entry->next)
            end
            set $i = $i + 1
          end
        end
        thread apply all lists
        printf "complete\n"
        """;

    /// <summary>The addresses that each thread holds in its cache, by the number of the thread.</summary>
    public static ILookup<int, ulong> CachedBlocks(int pid)
    {
        string? gdb = Launch.Find("gdb");
        Skips.Unless(gdb is not null, "gdb is not installed");
        using var folder = new WorkFolder();
        string script = Path.Combine(folder.Path, "script");
        File.WriteAllText(script, Script);
        CommandResult result = CommandRun.Finish(Launch.Start(gdb, ["-batch", "-nx", "-p", $"{pid}", "-x", script]));
        Skips.Unless(!result.Error.Contains("No symbol", StringComparison.Ordinal), "gdb knows nothing of libc's variables: libc6-dbg");
        Assert.True(result.Text.Contains("complete", StringComparison.Ordinal), $"gdb: {result.Text}{result.Error}");
        var found = new List<(int Tid, ulong Address)>();
        int tid = 0;
        foreach (string line in result.Text.Split('\n'))
        {
            // Before what a command says of a thread stands: Thread 2 (Thread 0x7ffff7d8b6c0 (LWP 1234) "name"):
            Match head = ThreadHead().Match(line);
            tid = head.Success ? int.Parse(head.Groups[1].Value, CultureInfo.InvariantCulture) : tid;
            if (line.StartsWith("cached ", StringComparison.Ordinal))
            {
                found.Add((tid, ulong.Parse(line.AsSpan("cached 0x".Length), NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
            }
        }

        return found.ToLookup(f => f.Tid, f => f.Address);
    }

    [GeneratedRegex(@"^Thread \d+ \(.*(?:LWP|process) (\d+)\)")]
    private static partial Regex ThreadHead();
}
