using System.Globalization;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>What gdb reads from the threads of a process by libc's debug information.</summary>
internal static class Gdb
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
              printf "cached %d 0x%lx\n", $_thread, $entry
              set $entry = (tcache_entry *)(((unsigned long)$entry >> 12) ^ (unsigned long)$entry->next)
            end
            set $i = $i + 1
          end
        end
        thread apply all -q lists
        printf "complete\n"
        """;

    /// <summary>The addresses that each thread holds in its cache; thread 1 is the main one.</summary>
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
        return result.Text.Split('\n')
            .Select(line => line.Split(' '))
            .Where(words => words[0] == "cached")
            .ToLookup(
                words => int.Parse(words[1], CultureInfo.InvariantCulture),
                words => ulong.Parse(words[2].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
