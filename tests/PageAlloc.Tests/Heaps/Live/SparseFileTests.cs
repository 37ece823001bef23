using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Mappings;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>What the search for main arenas reads follows what a process has written, not what it has mapped.</summary>
[Trait("Category", "Live")]
public sealed class SparseFileTests
{
    // The data of libc and of the program, and the one page of 64 GiB.
    private const int MostPages = 256;

    // Before Linux 6.7 no kernel tells where the written pages are.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_a_vast_file_little_is_read(bool canScan)
    {
        using TargetProgram target = TargetProgram.Pages("fileSparse");
        using LiveProcess process = LiveProcess.Open(target.Pid);
        using var memory = new CountingMemory(process.OpenMemory(), canScan);
        IReadOnlyList<Mapping> mappings = MappingTable.Read(process);
        Mapping vast = Assert.Single(mappings, m => m.Range.Length == 64UL << 30);
        Assert.True(MainArenaFinder.MayHoldData(vast));

        using var cache = new MemoryCache(memory, 8);
        MainArena found = Assert.Single(MainArenaFinder.Find(cache, memory, mappings));
        Assert.True(LibcFiles.IsNamedLibc(found.Mapping.Name.Span));
        bool jumps = memory.FirstWritten(vast.Range.Start, vast.Range.End) != vast.Range.Start;
        Assert.True(jumps || !canScan || Environment.OSVersion.Version < new Version(6, 7));
        Assert.InRange(memory.Pages, 1, MostPages + (jumps ? 0 : (256 << 20) / memory.PageSize));
    }

    /// <summary>The memory of a process, and how much of it was read.</summary>
    private sealed class CountingMemory(IMemory memory, bool canScan) : IMemory
    {
        public int PageSize => memory.PageSize;

        public int Pages { get; private set; }

        public void ReadPages(ulong address, Span<byte> buffer, Span<PageAccess> access)
        {
            memory.ReadPages(address, buffer, access);
            Pages += buffer.Length / PageSize;
        }

        public ulong FirstPresent(ulong address, ulong end) => canScan ? memory.FirstPresent(address, end) : address;

        public ulong FirstWritten(ulong address, ulong end) => canScan ? memory.FirstWritten(address, end) : address;

        public void Dispose() => memory.Dispose();
    }
}
