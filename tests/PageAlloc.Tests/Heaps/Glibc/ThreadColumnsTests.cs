using System.Buffers.Binary;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Targets;

namespace PageAlloc.Tests.Heaps.Glibc;

/// <summary>The place of a variable in the storage of threads: what is left of dead calls never wins over it.</summary>
public sealed class ThreadColumnsTests : IDisposable
{
    private const ulong Valid = 0x1000, Garbage = 0x77;

    private readonly MemoryCache _memory = new(new NoMemory(), 8);
    private readonly ThreadColumns _columns = new(8, ThreadColumns.NearBytes, word => word == Valid);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void The_place_with_the_most_values_is_found()
    {
        Add((16, Valid), (64, Valid));
        Add((16, Valid));
        Add((16, 0));
        Assert.Equal([16], _columns.Best());
        Assert.Equal([16, 64], _columns.All());
    }

    [Fact]
    public void A_word_that_the_variable_cannot_hold_rules_a_place_out()
    {
        Add((16, Valid), (64, Valid));
        Add((16, Valid), (64, Valid));
        Add((16, Garbage), (64, 0));
        Assert.Equal([64], _columns.Best());
        Assert.False(_columns.MayBe(16));
        Assert.True(_columns.MayBe(64));
        Assert.True(_columns.MayBe(8));
    }

    [Fact]
    public void A_place_once_ruled_out_stays_so()
    {
        Add((16, Garbage));
        Add((16, Valid));
        Assert.Empty(_columns.Best());
    }

    [Fact]
    public void Places_as_good_as_each_other_come_nearest_first()
    {
        Add((128, Valid), (8, Valid));
        Assert.Equal([8, 128], _columns.Best());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-8)]
    [InlineData(12)]
    [InlineData(ThreadColumns.NearBytes + 8)]
    public void There_are_no_places_elsewhere(int distance) => Assert.False(_columns.MayBe(distance));

    private void Add(params (int Distance, ulong Word)[] words)
    {
        var storage = new byte[256];
        foreach ((int distance, ulong word) in words)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(storage.AsSpan(storage.Length - distance), word);
        }

        _columns.Add(_memory, storage);
    }

    private sealed class NoMemory : IMemory
    {
        public int PageSize => 4096;

        public void ReadPages(ulong address, Span<byte> buffer, Span<PageAccess> access) => access.Clear();

        public void Dispose()
        {
        }
    }
}
