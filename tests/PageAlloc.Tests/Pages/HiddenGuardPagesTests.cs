using System.Text;
using PageAlloc.Interop;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;
using PageAlloc.Tests.Targets;

namespace PageAlloc.Tests.Pages;

/// <summary>Guard pages on kernels that show them as swap: said where the kernel's own count of swap proves it.</summary>
public sealed class HiddenGuardPagesTests
{
    private const ulong Swapped = 1UL << 62;
    private const string Status = "Name:\tfake\nVmPTE:\t      40 kB\nVmSwap:\t      {0} kB\nThreads:\t1\n";

    [Theory]
    [InlineData("6.12", 0, UnknownDetails.None)]
    [InlineData("6.13", 0, UnknownDetails.GuardPages)]
    [InlineData("6.13", 11, UnknownDetails.GuardPages)]
    [InlineData("6.13", 12, UnknownDetails.None)]
    [InlineData("6.14", 8, UnknownDetails.GuardPages)]
    [InlineData("6.14", 4000, UnknownDetails.None)]
    [InlineData("6.15", 0, UnknownDetails.None)]
    [InlineData("7.0", 0, UnknownDetails.None)]
    public void More_swap_than_the_kernel_counts_is_said(string kernel, int kilobytes, UnknownDetails unknown)
    {
        using var process = new FakeProcess();
        process["status"] = Status.Replace("{0}", $"{kilobytes}", StringComparison.Ordinal);
        Assert.Equal(unknown, HiddenGuardPages.Settle(Table(3), process, Version.Parse(kernel)).Unknown);
    }

    [Fact]
    public void What_was_not_known_before_stays_so()
    {
        using var process = new FakeProcess();
        process["status"] = Status.Replace("{0}", "0", StringComparison.Ordinal);
        PageTable table = Table(3);
        var before = new PageTable(table.Mappings, table.PageSize, table.HugeOrder, UnknownDetails.FolioSizes);
        Assert.Equal(UnknownDetails.FolioSizes | UnknownDetails.GuardPages, HiddenGuardPages.Settle(before, process, new Version(6, 14)).Unknown);
    }

    [Fact]
    public void Without_swapped_pages_or_a_count_nothing_is_said()
    {
        using var process = new FakeProcess();
        Assert.Equal(UnknownDetails.None, HiddenGuardPages.Settle(Table(0), process, new Version(6, 13)).Unknown);
        Assert.Equal(0, process.Opened("status"));
        Assert.Equal(UnknownDetails.None, HiddenGuardPages.Settle(Table(3), process, new Version(6, 13)).Unknown);
    }

    [Theory]
    [InlineData("6.13.0-1-amd64\n", "6.13")]
    [InlineData("6.14-rc7", "6.14")]
    [InlineData("7.0+\n", "7.0")]
    [InlineData("6\n", "0.0")]
    [InlineData("Linux", "0.0")]
    [InlineData("", "0.0")]
    public void A_release_is_its_first_two_numbers(string text, string release) =>
        Assert.Equal(Version.Parse(release), KernelRelease.Parse(Encoding.UTF8.GetBytes(text)));

    // As 6.13 shows guard pages to a user without CAP_SYS_ADMIN: the swap bit alone, and no category of the scan.
    private static PageTable Table(int guards)
    {
        const ulong size = 4096, start = 16 * size, swappedCategory = 16;
        ulong end = start + ((ulong)guards * size);
        var source = new ScriptedSource
        {
            Entries = (first, entries) =>
            {
                for (int i = 0; i < entries.Length; i++)
                {
                    entries[i] = (first + (ulong)i) * size < end ? Swapped : 0;
                }

                return entries.Length;
            },
        };
        source.ThenScan(2 * start, guards == 0 ? [] : [(start, end, swappedCategory)]);
        return PageTableReader.Read(source, [TestMapping.Of(start, 2 * start)], () => [], Tables.Pid);
    }
}
