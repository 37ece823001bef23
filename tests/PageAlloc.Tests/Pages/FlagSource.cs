using PageAlloc.Interop;
using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>A source that has only kpageflags, and counts how they are read.</summary>
internal sealed class FlagSource(PhysicalMemory memory) : IPageSource
{
    public int PageSize => 4096;

    public int HugeOrder { get; init; } = 9;

    public bool CanScan => false;

    public bool HasFlags => true;

    /// <summary>Entries given at most in one call, as if interrupted.</summary>
    public int LongestRead { get; init; } = int.MaxValue;

    /// <summary>Reading any of these frames fails with EIO.</summary>
    public (ulong From, ulong To) Broken { get; init; }

    public int Calls { get; private set; }

    public int EntriesRead { get; private set; }

    public int Scan(ulong start, ulong end, Span<page_region> found, out ulong walkEnd) => throw new NotSupportedException();

    public int ReadEntries(ulong firstPage, Span<ulong> entries) => throw new NotSupportedException();

    public int ReadFlags(ulong firstFrame, Span<ulong> flags)
    {
        Calls++;
        Assert.NotEqual(0, flags.Length);
        if (firstFrame >= (ulong)memory.Frames)
        {
            return 0;
        }

        int n = Math.Min(Math.Min(flags.Length, LongestRead), memory.Frames - (int)firstFrame);
        if (firstFrame < Broken.To && firstFrame + (ulong)n > Broken.From)
        {
            // read(2) gives what comes before the fault; at the fault itself it fails.
            if (firstFrame >= Broken.From)
            {
                return -5;
            }

            n = (int)(Broken.From - firstFrame);
        }

        for (int i = 0; i < n; i++)
        {
            flags[i] = memory.Flags[(int)firstFrame + i];
        }

        EntriesRead += n;
        return n;
    }

    public void Dispose()
    {
    }
}
