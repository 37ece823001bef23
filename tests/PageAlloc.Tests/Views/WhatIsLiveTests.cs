using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Views;

/// <summary>What whatis says of addresses that maps, gdb and the kernel tell of too.</summary>
[Trait("Category", "Live")]
public sealed class WhatIsLiveTests
{
    private const ulong HeapMax = 64 << 20;

    [Fact]
    public void What_is_reserved_for_a_heap_of_a_thread_is_named()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["arenas", "3"]);
        SmapsMapping[] maps = [.. Smaps.Read(program.Pid).Mappings];
        ulong[] arenas = [.. ShownHeaps.Of(program.Pid).Arenas.Where(a => !a.IsMain).Select(a => a.Address)];
        Assert.Equal(3, arenas.Length);
        foreach (ulong arena in arenas)
        {
            // glibc maps the whole of a heap without any right, then gives rights to what it uses.
            ulong heap = arena & ~(HeapMax - 1);
            int used = Array.FindIndex(maps, m => m.Start == heap);
            SmapsMapping reserve = maps[used + 1];
            Assert.Equal(("rw-p", "---p", maps[used].End), (maps[used].Permissions, reserve.Permissions, reserve.Start));
            foreach (ulong address in new[] { reserve.Start, heap + HeapMax - 1 })
            {
                JsonElement what = WhatIs(program.Pid, address);
                Assert.Equal(("heapReserve", $"0x{arena:x}"), (Text(what, "kind"), Text(what, "arena")));
                Assert.StartsWith($"reserved for the heap at 0x{heap:x} of arena @0x{arena:x}, ", Text(what, "text"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Memory_that_nobody_may_touch_is_no_reserve_of_a_heap()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["noncontiguous"]);
        SmapsMapping obstacle = Smaps.Read(program.Pid).Mappings.First(m => m.Permissions == "---p" && m.Name.Length == 0);
        Assert.Equal("anonymous", Text(WhatIs(program.Pid, obstacle.Start), "kind"));
    }

    [Fact]
    public void A_cached_block_is_in_the_tcache_of_the_thread_that_gdb_finds_it_in()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["tcaches"]);
        ILookup<int, ulong> found = Gdb.CachedBlocks(program.Pid);
        Assert.InRange(found.Count, 8, 9);
        foreach (IGrouping<int, ulong> thread in found)
        {
            string name = thread.Key == program.Pid ? "the main thread" : $"thread {thread.Key}";
            Assert.Equal($"free block, in the tcache of {name}", Text(WhatIs(program.Pid, thread.First()), "text"));
        }

        // A tcache is the first block that a thread's arena gave.
        IGrouping<int, ulong> other = found.First(t => t.Key != program.Pid);
        ulong arena = ulong.Parse(Text(WhatIs(program.Pid, other.First()), "arena").AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        JsonElement what = WhatIs(program.Pid, ShownBlocks.Of(program.Pid).Where(row => row.Arena == arena).Min(row => row.Address));
        Assert.Equal(("tcache", $"the tcache of thread {other.Key}"), (Text(what, "kind"), Text(what, "text")));
    }

    [Fact]
    public void Two_libcs_of_one_file_are_told_apart_by_where_they_are()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["dlmopened"]);
        SmapsMapping[] libcs = [.. Smaps.Read(program.Pid).Mappings.Where(m => m.Offset == 0 && m.Name.EndsWith("/libc.so.6", StringComparison.Ordinal))];
        Assert.Equal((2, 1), (libcs.Length, libcs.Select(m => m.Name).Distinct().Count()));
        ShownHeaps heaps = ShownHeaps.Of(program.Pid);
        string text = CommandRun.Run($"{program.Pid}", "--show", "summary").Text;
        foreach (SmapsMapping libc in libcs)
        {
            Assert.Contains($"  main of {libc.Name} at 0x{libc.Start:x}\n", text, StringComparison.Ordinal);
        }

        Assert.Equal(2, heaps.Arenas.Count);
        foreach (ShownArena arena in heaps.Arenas)
        {
            // The one whose data it is in is the last that begins below it.
            SmapsMapping own = libcs.Where(m => m.Start < arena.Address).MaxBy(m => m.Start)!;
            string shown = CommandRun.Run("whatis", $"{program.Pid}", $"0x{arena.Segments[0].Start + 64:x}").Text;
            Assert.Contains($"@0x{arena.Address:x}  main of {own.Name} at 0x{own.Start:x}\n", shown, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("bins", "[heap]")]
    [InlineData("bins", "[stack]")]
    [InlineData("arenas 3", "---p")]
    public void Frozen_it_says_the_same_and_how_long_that_took(string situation, string where)
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), situation.Split(' '));
        SmapsMapping place = Smaps.Read(program.Pid).Mappings.First(m => m.Name == where || m.Permissions == where);
        ulong address = place.End - 64;
        CommandResult frozen = CommandRun.Run("whatis", $"{program.Pid}", $"0x{address:x}", "--freeze", "--format", "json");
        Assert.Equal(0, frozen.ExitCode);
        Assert.Matches($@"^pagealloc: process {program.Pid} was frozen for \d+\.\d ms\n$", frozen.Error);
        JsonElement document = JsonDocument.Parse(frozen.Text).RootElement;
        Assert.InRange(document.GetProperty("frozenMilliseconds").GetDouble(), 0.001, 10_000);
        Assert.Equal(WhatIs(program.Pid, address).EnumerateObject().Select(p => $"{p}"), document.EnumerateObject().Where(p => p.Name != "frozenMilliseconds").Select(p => $"{p}"));
        Assert.Contains("\nTracerPid:\t0\n", File.ReadAllText($"/proc/{program.Pid}/status"), StringComparison.Ordinal);

        // It runs on to where it waited, as soon as there is a processor for it.
        Assert.True(SpinWait.SpinUntil(() => Vitals.State(program.Pid) == 'S', TimeSpan.FromSeconds(30)));
    }

    private static JsonElement WhatIs(int pid, ulong address)
    {
        CommandResult result = CommandRun.Run("whatis", $"{pid}", $"0x{address:x}", "--format", "json");
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.Text).RootElement;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
