using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Views;

/// <summary>The commands that show single blocks, on a real heap: what each says of it agrees.</summary>
[Trait("Category", "Live")]
public sealed class BlocksLiveTests
{
    private sealed record Row(ulong Address, ulong Size, ulong Usable, string State, string Arena);

    [Theory]
    [InlineData("arenas", "4")]
    [InlineData("heaps", null)]
    [InlineData("mmapped", null)]
    [InlineData("bins", null)]
    public void Rows_are_in_address_order_and_add_up_to_the_sums_of_the_arenas(string situation, string? argument)
    {
        using TargetProgram target = TargetProgram.StartTarget("heap", argument is null ? [situation] : [situation, argument]);
        List<Row> rows = Rows(target);
        Assert.Equal(rows.Select(r => r.Address).Order(), rows.Select(r => r.Address));
        JsonElement heaps = JsonDocument.Parse(CommandRun.Run($"{target.Pid}", "--format", "json").Text).RootElement.GetProperty("heaps");
        foreach (JsonElement arena in heaps.GetProperty("arenas").EnumerateArray())
        {
            foreach (string state in new[] { "used", "tcache", "fast", "unsorted", "small", "large" })
            {
                Row[] own = [.. rows.Where(r => r.Arena == arena.GetProperty("address").GetString() && r.State == state)];
                Assert.Equal(
                    (arena.GetProperty(state).GetProperty("blocks").GetInt32(), arena.GetProperty(state).GetProperty("bytes").GetUInt64()),
                    (own.Length, own.Aggregate(0UL, (sum, r) => sum + r.Size)));
            }
        }

        Assert.Equal(heaps.GetProperty("mmapped").GetProperty("blocks").GetInt32(), rows.Count(r => r.State == "mmapped"));
    }

    [Fact]
    public void Any_address_in_a_block_leads_to_it()
    {
        using TargetProgram target = TargetProgram.StartTarget("heap", ["bins"]);
        List<Row> rows = Rows(target);
        foreach (Row row in rows.Where(r => r.State is not ("fencepost" or "unknown")).GroupBy(r => r.State).SelectMany(g => g.Take(3)))
        {
            bool isTaken = row.Usable != 0;
            foreach (ulong address in new[] { row.Address, row.Address + 1, row.Address + (isTaken ? row.Usable : row.Size - 16) - 1 })
            {
                JsonElement what = WhatIs(target, address);
                JsonElement block = what.GetProperty("block");
                Assert.Equal(
                    (row.Address, row.Size, row.Usable, row.State),
                    (Number(block, "address"), block.GetProperty("size").GetUInt64(), block.GetProperty("usable").GetUInt64(), block.GetProperty("state").GetString()));
                Assert.Equal(address - row.Address, block.GetProperty("offset").GetUInt64());
            }
        }
    }

    [Fact]
    public void Neighbours_are_the_rows_before_and_behind()
    {
        using TargetProgram target = TargetProgram.StartTarget("heap", ["bins"]);
        List<Row> rows = Rows(target);
        for (int i = 1; i < 20; i++)
        {
            JsonElement what = WhatIs(target, rows[i].Address);
            Assert.Equal((rows[i - 1].Address, rows[i + 1].Address), (Number(what.GetProperty("before"), "address"), Number(what.GetProperty("after"), "address")));
        }
    }

    [Fact]
    public void What_is_no_block_is_told_too()
    {
        using TargetProgram target = TargetProgram.StartTarget("heap", ["arenas", "2"]);
        string maps = File.ReadAllText($"/proc/{target.Pid}/maps");
        JsonElement heaps = JsonDocument.Parse(CommandRun.Run($"{target.Pid}", "--format", "json").Text).RootElement.GetProperty("heaps");
        JsonElement thread = heaps.GetProperty("arenas").EnumerateArray().First(a => !a.GetProperty("main").GetBoolean());
        JsonElement main = heaps.GetProperty("arenas").EnumerateArray().First(a => a.GetProperty("main").GetBoolean());
        Assert.Equal("arenaState", Kind(Number(thread, "address") + 8));
        Assert.Equal("arenaState", Kind(Number(main, "address")));
        Assert.Equal("heapInfo", Kind(Number(thread.GetProperty("segments")[0], "start")));
        Assert.Equal("stack", Kind(EndOf("[stack]") - 64));
        Assert.Equal("kernel", Kind(EndOf("[vdso]") - 64));
        Assert.Equal("code", Kind(EndOf("r-xp") - 64));
        Assert.Equal("top", Kind(Number(main.GetProperty("segments")[0], "end") - 8));
        Assert.Equal("notMapped", Kind(16));

        string Kind(ulong address) => WhatIs(target, address).GetProperty("kind").GetString()!;

        ulong EndOf(string what) => ulong.Parse(
            maps.Split('\n').First(line => line.Contains(what, StringComparison.Ordinal)).Split('-', ' ')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    // The stacks of threads that stand still hold their stack pointers, as the kernel tells them.
    [Fact]
    public void A_stack_is_that_of_the_thread_whose_stack_pointer_is_in_it()
    {
        using TargetProgram target = TargetProgram.StartTarget("heap", ["arenas", "3"]);
        var seen = 0;
        foreach (string path in Directory.EnumerateDirectories($"/proc/{target.Pid}/task").Where(p => Path.GetFileName(p) != $"{target.Pid}"))
        {
            // It may be on its way to where it waits.
            string[] words = [];
            Assert.True(SpinWait.SpinUntil(() => (words = File.ReadAllText($"{path}/syscall").Split(' ')).Length > 3, TimeSpan.FromSeconds(10)));
            ulong pointer = ulong.Parse(words[^2].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            JsonElement what = WhatIs(target, pointer);
            Assert.Equal("stack", what.GetProperty("kind").GetString());
            Assert.Contains($"stack of thread {Path.GetFileName(path)},", what.GetProperty("text").GetString(), StringComparison.Ordinal);
            seen++;
        }

        Assert.Equal(3, seen);
    }

    [Fact]
    public void The_bytes_are_those_of_memory()
    {
        using TargetProgram target = TargetProgram.StartTarget("heap", ["bins"]);
        ulong address = Rows(target)[0].Address + 5;
        JsonElement[] rows = [.. WhatIs(target, address).GetProperty("bytes").EnumerateArray()];
        using FileStream memory = File.OpenRead($"/proc/{target.Pid}/mem");
        var bytes = new byte[16];
        foreach (JsonElement row in rows)
        {
            memory.Position = (long)Number(row, "address");
            memory.ReadExactly(bytes);
            Assert.Equal(Convert.ToHexStringLower(bytes), row.GetProperty("hex").GetString());
        }

        Assert.Contains(rows, row => Number(row, "address") == (address & ~15UL));
    }

    [Theory]
    [InlineData("blocks")]
    [InlineData("whatis", "1")]
    [InlineData("blocks", "1", "--state", "overhead")]
    [InlineData("blocks", "1", "--min-size", "1T")]
    [InlineData("blocks", "1", "--format", "json")]
    [InlineData("whatis", "1", "0xyz")]
    [InlineData("whatis", "1", "12345678901234567")]
    public void What_makes_no_sense_is_a_usage_error(params string[] arguments)
    {
        CommandResult result = CommandRun.Run(arguments);
        Assert.Equal((2, 0), (result.ExitCode, result.Output.Length));
        Assert.StartsWith("pagealloc: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("blocks", "Usage:\n  pagealloc blocks <TARGET> [options]\n")]
    [InlineData("whatis", "Usage:\n  pagealloc whatis <TARGET> <ADDRESS> [options]\n")]
    public void Help_of_a_command_has_its_usage_and_examples(string command, string usage)
    {
        CommandResult help = CommandRun.Run(command, "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains(usage, help.Text, StringComparison.Ordinal);
        Assert.Contains($"Examples:\n  pagealloc {command} ", help.Text, StringComparison.Ordinal);
    }

    private static List<Row> Rows(TargetProgram target)
    {
        CommandResult result = CommandRun.Run("blocks", $"{target.Pid}", "--format", "csv");
        Assert.True(result.ExitCode == 0, result.ToString());
        return
        [
            .. from line in result.Text.TrimEnd('\n').Split('\n').Skip(1)
               let values = line.Split(',')
               select new Row(Hex(values[0]), Decimal(values[1]), Decimal(values[2]), values[3], values[4]),
        ];
    }

    private static JsonElement WhatIs(TargetProgram target, ulong address)
    {
        CommandResult result = CommandRun.Run("whatis", $"{target.Pid}", $"0x{address:x}", "--format", "json");
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.Text).RootElement;
    }

    private static ulong Number(JsonElement element, string name) => Hex(element.GetProperty(name).GetString()!);

    private static ulong Hex(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static ulong Decimal(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
