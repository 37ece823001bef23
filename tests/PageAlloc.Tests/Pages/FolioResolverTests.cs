using CsCheck;
using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>Sizes of folios from kpageflags, against the memory that the flags were made from.</summary>
public sealed class FolioResolverTests
{
    // What physical memory holds in a row; a number is the order of a folio.
    private static readonly Gen<string[]> Layout = Gen.Frequency(
        (6, Gen.OneOf("base", "free", "hole")),
        (2, Gen.OneOf("ksm", "zero")),
        (6, Gen.Int[1, 5].Select(o => $"{o}")),
        (2, Gen.OneOf("8", "9", "hugeZero"))).Array[1, 40];

    // Which frames are mapped: stretches from anywhere to anywhere, so that folios are cut at both ends, and single frames.
    private static readonly Gen<(uint From, int Length)[]> Mapped = Gen.Select(
        Gen.UInt, Gen.OneOf(Gen.Const(1), Gen.Int[1, 20], Gen.Int[1, 1500])).Array[1, 30];

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(100)]
    public void Each_page_gets_the_size_of_its_folio(int longestRead) =>
        Gen.Select(Layout, Mapped, Gen.Int[0, 1000]).Sample((layout, mapped, seed) =>
        {
            PhysicalMemory memory = Make(layout);
            ulong[] frames = Frames(memory, mapped, seed);
            AssertResolved(memory, frames, new FlagSource(memory) { LongestRead = longestRead });
        });

    [Theory]
    [InlineData(4)]
    [InlineData(11)]
    [InlineData(13)]
    public void Huge_pages_may_be_of_another_size(int hugeOrder)
    {
        var memory = new PhysicalMemory();
        memory.AddBase();
        ulong[] folios = [memory.AddFolio(2), memory.AddFolio(hugeOrder - 1), memory.AddFolio(hugeOrder), memory.AddFolio(2)];
        ulong[] frames = [.. folios.Select(f => f + 3), .. folios];
        AssertResolved(memory, frames, new FlagSource(memory) { HugeOrder = hugeOrder });
    }

    // Drivers map pages of 4 MiB into processes, packet rings for instance.
    [Fact]
    public void A_folio_above_the_huge_size_counts_as_base_pages()
    {
        var memory = new PhysicalMemory();
        ulong folio = memory.AddFolio(10);
        AssertResolved(memory, [folio, folio + 511, folio + 512, folio + 600], new FlagSource(memory));
        AssertResolved(memory, [folio + 600, folio + 1023], new FlagSource(memory));
    }

    [Fact]
    public void A_frame_mapped_often_is_told_each_time()
    {
        var memory = new PhysicalMemory();
        ulong folio = memory.AddFolio(4);
        ulong merged = memory.AddKsm();
        ulong[] frames = [.. Enumerable.Repeat(merged, 1000), .. Enumerable.Repeat(folio + 5, 1000), folio, merged];
        AssertResolved(memory, frames, new FlagSource(memory));
    }

    // A window is 32 Ki frames: folios lie across its borders.
    [Fact]
    public void Windows_end_anywhere_in_a_folio()
    {
        var memory = new PhysicalMemory();
        for (int i = 0; i < 7; i++)
        {
            memory.AddBase();
        }

        while (memory.Frames < 80 << 10)
        {
            memory.AddFolio(memory.Frames % 5 == 0 ? 3 : 8);
        }

        AssertResolved(memory, [.. Enumerable.Range(3, memory.Frames - 3).Select(f => (ulong)f)], new FlagSource(memory));
    }

    [Fact]
    public void All_keys_of_a_whole_window_are_resolved()
    {
        var memory = new PhysicalMemory();
        while (memory.Frames < FolioResolver.MaxPages)
        {
            memory.AddFolio(memory.Frames / 16 % 9);
        }

        ulong[] frames = [.. Enumerable.Range(0, FolioResolver.MaxPages).Select(f => (ulong)f).OrderBy(f => f * 2_654_435_761 % 262_147)];
        AssertResolved(memory, frames, new FlagSource(memory));
    }

    // Two threads share the keys out; where they meet, one folio is in both halves.
    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void Keys_shared_out_between_two_threads_are_resolved_as_by_one(int order)
    {
        var memory = new PhysicalMemory();
        while (memory.Frames < 200_000)
        {
            memory.AddFolio(memory.Frames % 7 == 0 ? order : 5);
        }

        var source = new FlagSource(memory) { Broken = (150_000, 151_000) };
        int[] frames = [.. Enumerable.Range(0, memory.Frames).OrderBy(f => f * 2_654_435_761L % 262_147)];
        ulong[] keys = [.. frames.Select((frame, index) => FolioResolver.Key((ulong)frame, index))];
        byte[] states = [.. Enumerable.Repeat(new PageState(PageKind.Anonymous).Code, frames.Length)];
        byte[] ofOne = [.. states];
        var one = new FolioResolver(source);
        one.Resolve([.. keys], ofOne);
        var resolver = new FolioResolver(source);
        resolver.Resolve(keys, keys.Length, states);
        Assert.Equal(ofOne, states);
        Assert.Equal((true, true), (resolver.HasFolios, resolver.HasFailed));
        Assert.Equal((true, true), (one.HasFolios, one.HasFailed));
    }

    [Fact]
    public void Frames_behind_the_end_of_memory_keep_their_state()
    {
        var memory = new PhysicalMemory();
        ulong folio = memory.AddFolio(3);
        Assert.Equal(
            [new PageState(PageKind.Anonymous, 3), new PageState(PageKind.Anonymous), new PageState(PageKind.Anonymous)],
            Resolve(new FlagSource(memory), [folio + 7, folio + 8, 1UL << 40]));
    }

    [Fact]
    public void Frames_that_can_not_be_read_keep_their_state_and_the_others_are_told()
    {
        var memory = new PhysicalMemory();
        ulong[] folios = [.. Enumerable.Range(0, 100).Select(_ => memory.AddFolio(2))];
        var source = new FlagSource(memory) { Broken = (folios[40], folios[60]) };
        PageState[] states = Resolve(source, [.. folios.Select(f => f + 1)]);
        Assert.All(states[..40], s => Assert.Equal(new PageState(PageKind.Anonymous, 2), s));
        Assert.All(states[40..60], s => Assert.Equal(new PageState(PageKind.Anonymous), s));
        Assert.All(states[60..], s => Assert.Equal(new PageState(PageKind.Anonymous, 2), s));
    }

    [Fact]
    public void A_page_keeps_its_kind()
    {
        var memory = new PhysicalMemory();
        ulong folio = memory.AddFolio(4);
        byte[] states = [new PageState(PageKind.File).Code, new PageState(PageKind.SharedMemory).Code];
        new FolioResolver(new FlagSource(memory)).Resolve([FolioResolver.Key(folio + 1, 0), FolioResolver.Key(folio + 2, 1)], states);
        Assert.Equal([new PageState(PageKind.File, 4).Code, new PageState(PageKind.SharedMemory, 4).Code], states);
    }

    [Fact]
    public void A_dense_run_is_read_in_few_calls_and_each_entry_once()
    {
        var memory = new PhysicalMemory();
        for (int i = 0; i < 10_000; i++)
        {
            memory.AddBase();
        }

        var source = new FlagSource(memory);
        Resolve(source, [.. Enumerable.Range(0, 10_000).Select(f => (ulong)f)]);
        Assert.Equal((1, 10_000), (source.Calls, source.EntriesRead));
    }

    [Fact]
    public void Nothing_to_resolve_reads_nothing()
    {
        var source = new FlagSource(new PhysicalMemory());
        Resolve(source, []);
        Assert.Equal(0, source.Calls);
    }

    private static void AssertResolved(PhysicalMemory memory, ulong[] frames, FlagSource source)
    {
        PageState[] states = Resolve(source, frames);
        for (int i = 0; i < frames.Length; i++)
        {
            PageState truth = memory[frames[i]].Of(PageKind.Anonymous, source.HugeOrder);
            Assert.True(truth == states[i], $"page {i}, frame 0x{frames[i]:x} of {memory[frames[i]]}: {states[i].Kind} {states[i].Order}");
        }
    }

    private static PageState[] Resolve(FlagSource source, ulong[] frames)
    {
        byte[] states = [.. Enumerable.Repeat(new PageState(PageKind.Anonymous).Code, frames.Length)];
        new FolioResolver(source).Resolve(frames.Select(FolioResolver.Key).ToArray(), states);
        return [.. states.Select(PageState.FromCode)];
    }

    private static PhysicalMemory Make(string[] layout)
    {
        var memory = new PhysicalMemory();
        foreach (string what in layout)
        {
            _ = what switch
            {
                "base" => memory.AddBase(),
                "free" => memory.AddFree(),
                "hole" => memory.AddHole(),
                "ksm" => memory.AddKsm(),
                "zero" => memory.AddZero(),
                "hugeZero" => memory.AddFolio(9, FrameKind.Zero),
                _ => memory.AddFolio(int.Parse(what, System.Globalization.CultureInfo.InvariantCulture)),
            };
        }

        return memory;
    }

    private static ulong[] Frames(PhysicalMemory memory, (uint From, int Length)[] mapped, int seed)
    {
        var frames = new List<ulong>();
        foreach ((uint from, int length) in mapped)
        {
            ulong first = from % (uint)memory.Frames;
            frames.AddRange(Enumerable.Range(0, Math.Min(length, memory.Frames - (int)first)).Select(i => first + (ulong)i));
        }

        ulong[] shuffled = [.. frames];
        new Random(seed).Shuffle(shuffled);
        return shuffled;
    }
}
