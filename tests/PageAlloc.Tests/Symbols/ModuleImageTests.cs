using System.Text.RegularExpressions;
using PageAlloc.Mappings;
using PageAlloc.Symbols;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Symbols;

/// <summary>The files behind the modules of live processes, and what memory has when there is no file.</summary>
[Trait("Category", "Live")]
public sealed class ModuleImageTests
{
    private const string Waiting = """
        #include <stdio.h>
        #include <stdlib.h>
        char *own; int filled[3] = {7, 8, 9};
        int main(void) { own = malloc(100); printf("READY\n"); fflush(stdout); getchar(); return own == 0; }
        """;

    [Fact]
    public void Every_module_of_a_process_is_opened_and_has_the_bias_that_the_linker_says()
    {
        using var folder = new WorkFolder();
        using TargetProgram program = TargetProgram.Start(
            ElfFiles.Compile(folder, "waiting", Waiting), []);
        using LiveProcess process = LiveProcess.Open(program.Pid);
        IReadOnlyList<Module> modules = ModuleTable.Of(MappingTable.Read(process));
        Assert.Equal(["waiting", "libc.so.6", "ld-linux-x86-64.so.2"], modules.Select(m => Path.GetFileName(m.ToString())));
        foreach (Module module in modules)
        {
            using ElfImage image = module.OpenImage(process);
            Assert.False(image.IsFromMemory);
            ulong bias = module.LoadBias(image);
            Assert.Equal(module.Range.Start, bias + image.Segments.First(s => s.Type == ElfSegmentType.Load).VirtualAddress);
            Assert.All(module.WritableRanges(image), r => Assert.True(r.Start >= module.Range.Start && r.End <= module.Range.End));
        }

        Assert.NotNull(modules[1].Bss);
    }

    [Theory]
    [InlineData("-pie")]
    [InlineData("-no-pie")]
    [InlineData("-static")]
    [InlineData("-static-pie")]
    public void A_deleted_program_is_still_opened(string kind)
    {
        using var folder = new WorkFolder();
        string path = ElfFiles.Compile(folder, "waiting", Waiting, kind);
        using TargetProgram program = TargetProgram.Start(path, []);
        byte[] content = File.ReadAllBytes(path);
        ElfImage original = ElfImage.Parse(content);
        Assert.True(original.TryFindSymbol("filled"u8, out ElfSymbol filled));
        File.Delete(path);
        File.WriteAllBytes(path, content[..100]);
        using LiveProcess process = LiveProcess.Open(program.Pid);
        Module module = ModuleTable.Of(MappingTable.Read(process))[0];
        Assert.EndsWith(" (deleted)", module.ToString(), StringComparison.Ordinal);
        using ElfImage image = module.OpenImage(process);
        Assert.True(image.Bytes.Span.SequenceEqual(content));
        ulong bias = module.LoadBias(image);
        using IMemory memory = process.OpenMemory();
        var page = new byte[memory.PageSize];
        ulong address = bias + filled.Value;
        memory.ReadPages(address & ~(ulong)(page.Length - 1), page, new PageAccess[1]);
        Assert.Equal(8, BitConverter.ToInt32(page, (int)(address % (ulong)page.Length) + 4));
    }

    [Theory]
    [InlineData("libc.so.6", "__libc_freeres,environ,__curbrk,_thread_db_pthread_tid,malloc")]
    [InlineData("ld-linux-x86-64.so.2", "_r_debug,_rtld_global")]
    public void Memory_alone_has_the_same_symbols_as_the_file(string name, string symbols)
    {
        using var folder = new WorkFolder();
        using TargetProgram program = TargetProgram.Start(ElfFiles.Compile(folder, "waiting", Waiting), []);
        using LiveProcess process = LiveProcess.Open(program.Pid);
        Module module = ModuleTable.Of(MappingTable.Read(process)).Single(m => m.ToString().EndsWith(name, StringComparison.Ordinal));
        using ElfImage file = module.OpenImage(process);
        using ElfImage memory = MemoryImage.Read(process, module, SymbolLimits.Default)!;
        Assert.True(memory.IsFromMemory);
        Assert.Equal(file.BuildId.Span, memory.BuildId.Span);
        Assert.Equal(file.Segments, memory.Segments);
        int found = 0;
        foreach (string symbol in symbols.Split(','))
        {
            byte[] text = System.Text.Encoding.ASCII.GetBytes(symbol);
            if (memory.TryFindSymbol(text, out ElfSymbol fromMemory))
            {
                Assert.True(file.TryFindSymbol(text, out ElfSymbol fromFile));
                Assert.Equal(fromFile, fromMemory);
                found++;
            }
        }

        // A page of the tables may be out of memory; not many are, right after the program was linked.
        Assert.True(found >= symbols.Count(c => c == ','), $"{found} of {symbols}");
        HashSet<RelativeRelocation> inFile = [.. file.RelativeRelocations()];
        RelativeRelocation[] inMemory = [.. memory.RelativeRelocations()];
        Assert.NotEmpty(inMemory);

        // Where the value stands in the variable itself, the program may have changed it.
        Assert.InRange(inMemory.Count(inFile.Contains), inMemory.Length * 95 / 100, inMemory.Length);
    }

    [Fact]
    public void Reading_the_image_from_memory_brings_no_page_in()
    {
        using var folder = new WorkFolder();
        using TargetProgram program = TargetProgram.Start(ElfFiles.Compile(folder, "waiting", Waiting), []);

        // After READY it still allocates the buffer of its standard input: a page more that is not of our doing.
        Assert.True(SpinWait.SpinUntil(() => Vitals.State(program.Pid) == 'S', TimeSpan.FromSeconds(30)));
        using LiveProcess process = LiveProcess.Open(program.Pid);
        IReadOnlyList<Module> modules = ModuleTable.Of(MappingTable.Read(process));
        string before = Resident(program.Pid);
        foreach (Module module in modules)
        {
            using ElfImage image = module.OpenImage(process);
            using ElfImage? memory = MemoryImage.Read(process, module, SymbolLimits.Default);
            Assert.NotNull(memory);
        }

        Assert.Equal(before, Resident(program.Pid));
    }

    [Fact]
    public void Several_copies_in_one_process_are_several_modules()
    {
        using var folder = new WorkFolder();
        string program = ElfFiles.Compile(folder, "twice", """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <stdio.h>
            int main(void) { if (!dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW)) return 1; printf("READY\n"); fflush(stdout); getchar(); }
            """);
        using TargetProgram target = TargetProgram.Start(program, []);
        using LiveProcess process = LiveProcess.Open(target.Pid);
        Module[] libcs = [.. ModuleTable.Of(MappingTable.Read(process)).Where(m => m.ToString().EndsWith("/libc.so.6", StringComparison.Ordinal))];
        Assert.Equal(2, libcs.Length);
        Assert.All(libcs, m => Assert.Equal(libcs[0].Mappings.Count, m.Mappings.Count));
        using ElfImage one = libcs[0].OpenImage(process), two = libcs[1].OpenImage(process);
        Assert.Equal(libcs[0].Range.Start, libcs[0].LoadBias(one));
        Assert.Equal(libcs[1].Range.Start, libcs[1].LoadBias(two));
    }

    // The resident set, and the faults by which any page would have come in.
    private static string Resident(int pid) =>
        Regex.Match(File.ReadAllText($"/proc/{pid}/smaps_rollup"), "Rss: +[0-9]+").Value
        + ", faults " + string.Join(' ', File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].Split(' ')[7..11]);
}
