using PageAlloc.Blocks;
using PageAlloc.Targets;

namespace PageAlloc.Tests.Heaps;

/// <summary>What another thread reads ahead is what was asked for, or nothing; and no thread is left.</summary>
public sealed class ReadAheadTests
{
    private const int Page = 4096;

    private byte[] _bytes = [];
    private PageAccess[] _access = new PageAccess[4];

    [Fact]
    public void What_was_asked_for_is_given_once()
    {
        using ReadAhead ahead = ReadAhead.TryStart(new Numbered(), 4)!;
        Assert.False(ahead.TryTake(0, Page, ref _bytes, ref _access));
        for (ulong start = 0; start < 100 * Page; start += 2 * Page)
        {
            ahead.Ask(start, 2 * Page);
            Assert.True(ahead.TryTake(start, 2 * Page, ref _bytes, ref _access));
            Assert.Equal([(byte)(start / Page), (byte)((start / Page) + 1)], new[] { _bytes[0], _bytes[Page] });
            Assert.Equal([PageAccess.Data, PageAccess.Data], _access[..2]);
            Assert.False(ahead.TryTake(start, 2 * Page, ref _bytes, ref _access));
        }
    }

    [Theory]
    [InlineData(Page, Page)]
    [InlineData(0, 2 * Page)]
    public void Something_else_is_not_given(ulong start, int length)
    {
        using ReadAhead ahead = ReadAhead.TryStart(new Numbered(), 4)!;
        ahead.Ask(0, Page);
        Assert.False(ahead.TryTake(start, length, ref _bytes, ref _access));
        Assert.Empty(_bytes);
    }

    [Fact]
    public void A_failure_is_thrown_where_the_bytes_are_wanted()
    {
        using ReadAhead ahead = ReadAhead.TryStart(new Numbered(), 4)!;
        ahead.Ask(Numbered.Bad, Page);
        Assert.Throws<TargetException>(() => ahead.TryTake(Numbered.Bad, Page, ref _bytes, ref _access));
        ahead.Ask(Page, Page);
        Assert.True(ahead.TryTake(Page, Page, ref _bytes, ref _access));
        Assert.Equal(1, _bytes[0]);
    }

    [Fact]
    public void What_nobody_takes_does_not_keep_it_from_ending()
    {
        var memory = new Numbered();
        ReadAhead ahead = ReadAhead.TryStart(memory, 4)!;
        ahead.Ask(Numbered.Bad, Page);
        ahead.Ask(0, Page);
        ahead.Dispose();
        Assert.Equal(2, memory.Reads);
    }

    private sealed class Numbered : IMemory
    {
        public const ulong Bad = 1 << 20;

        public int Reads { get; private set; }

        public int PageSize => Page;

        public void ReadPages(ulong address, Span<byte> buffer, Span<PageAccess> access)
        {
            Reads++;
            if (address == Bad)
            {
                throw new TargetException(TargetFailure.Ended, "gone", "try again");
            }

            for (int i = 0; i < access.Length; i++)
            {
                buffer.Slice(i * Page, Page).Fill((byte)((address / Page) + (ulong)i));
            }

            access.Fill(PageAccess.Data);
        }

        public void Dispose()
        {
        }
    }
}
