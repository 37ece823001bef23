using PageAlloc.Heaps.Glibc;
using PageAlloc.Symbols;

namespace PageAlloc.Tests.Heaps.Glibc;

/// <summary>Layouts from structures as data: those of real releases, as gdb's ptype/o shows them, and those that can't be.</summary>
public sealed class DescribedMallocTests
{
    // bins, fastbins, attached_threads, size of struct malloc_state: 2.43, 2.31 to 2.42, 2.23 to 2.26, 2.15 to 2.22.
    [Theory]
    [InlineData(8, 24, 0, true, 2112)]
    [InlineData(8, 112, 10, true, 2200)]
    [InlineData(8, 104, 10, true, 2192)]
    [InlineData(8, 104, 10, false, 2184)]
    [InlineData(4, 16, 0, true, 1068)]
    [InlineData(4, 64, 11, true, 1116)]
    [InlineData(4, 60, 11, true, 1112)]
    [InlineData(4, 56, 10, true, 1108)]
    [InlineData(4, 56, 10, false, 1104)]
    public void A_releases_structure_is_its_row(int pointerSize, ulong bins, ulong fastbins, bool isAttached, ulong size)
    {
        GlibcLayout known = GlibcLayout.Known(pointerSize).Single(l => (ulong)l.StateSize == size);
        Assert.Equal(known, DescribedMalloc.LayoutOf(State(bins, fastbins, isAttached, size), pointerSize));
        Assert.Equal(known, DescribedMalloc.LayoutOfSize(size, pointerSize));
    }

    [Theory]
    [InlineData(5000UL, 10UL)]
    [InlineData(8UL, 10UL)]
    [InlineData(112UL, 1000UL)]
    [InlineData(112UL, ulong.MaxValue)]
    [InlineData(0UL, 0UL)]
    public void What_cannot_be_is_no_layout(ulong bins, ulong fastbins) =>
        Assert.Null(DescribedMalloc.LayoutOf(State(bins, fastbins, true, 100_000), 8));

    [Fact]
    public void Without_the_structures_there_is_none()
    {
        Assert.Null(DescribedMalloc.LayoutOf(new Dictionary<string, StructLayout>(), 8));
        Assert.Null(DescribedMalloc.ParLayoutOf(new Dictionary<string, StructLayout>()));
        Assert.Null(DescribedMalloc.LayoutOfSize(2201, 8));
        Assert.Null(DescribedMalloc.ParLayoutOfSize(0, GlibcLayout.Known(8)[0]));
    }

    [Fact]
    public void The_size_of_mp_tells_its_row()
    {
        // As gdb shows them of 2.36, 2.43, 2.44, 2.31 for i386 and 2.44 for i386.
        Assert.Equal(96, DescribedMalloc.ParLayoutOfSize(136, Arena(8, 2200))!.Value.SbrkBase);
        Assert.Equal(104, DescribedMalloc.ParLayoutOfSize(144, Arena(8, 2112))!.Value.SbrkBase);
        Assert.Equal(104, DescribedMalloc.ParLayoutOfSize(136, Arena(8, 2112))!.Value.SbrkBase);
        Assert.Equal(44, DescribedMalloc.ParLayoutOfSize(64, Arena(4, 1116))!.Value.SbrkBase);
        Assert.Equal(60, DescribedMalloc.ParLayoutOfSize(76, Arena(4, 1068))!.Value.SbrkBase);

        static GlibcLayout Arena(int pointerSize, int size) => GlibcLayout.Known(pointerSize).Single(l => l.StateSize == size);
    }

    [Fact]
    public void Both_ways_are_compared_place_by_place()
    {
        var read = new LayoutFacts();
        read.Add(GlibcLayout.Known(8)[0]);
        Assert.Empty(read.Differences(LayoutFacts.Of(State(112, 10, true, 2200))));
        Assert.Equal(
            [("malloc_state.attached_threads", "2176", "2168"), ("malloc_state.bins", "112", "104"), ("malloc_state.fastbinsY", "16", "8"), ("sizeof malloc_state", "2200", "2192")],
            read.Differences(LayoutFacts.Of(State(104, 10, true, 2192))));

        read.AddVariables(0x7f0000001000, null, -16);
        var said = new LayoutFacts();
        said.AddVariables(0x7f0000002000, 0x1234, 16);
        Assert.Equal([("main_arena", "0x7f0000001000", "0x7f0000002000"), ("tcache - thread_arena", "-16", "16")], read.Differences(said));
    }

    private static Dictionary<string, StructLayout> State(ulong bins, ulong fastbins, bool isAttached, ulong size)
    {
        var members = new List<StructMember> { new("bins", bins, 0, 254) };
        if (fastbins != 0)
        {
            members.Add(new StructMember("fastbinsY", bins == 112 ? 16UL : 8UL, 0, fastbins));
        }

        if (isAttached)
        {
            members.Add(new StructMember("attached_threads", size - 24, 0, null));
        }

        return new Dictionary<string, StructLayout> { ["malloc_state"] = new("malloc_state", size, members) };
    }
}
