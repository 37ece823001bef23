using System.Reflection;
using PageAlloc.Cli.Terminal;
using PageAlloc.Interop;
using PageAlloc.Pages;

namespace PageAlloc.Tests.Interop;

/// <summary>Every number that has a name in a C header, against that header.</summary>
public sealed class ConstantTests
{
    [Fact]
    public void Constants_of_libc_are_those_of_its_headers() =>
        CCompiler.AssertHold(Constants(typeof(LibC)).Select(c => $"{c.Name} == {c.Value}"));

    [Fact]
    public void Error_numbers_are_those_of_errno_h() =>
        CCompiler.AssertHold(Constants(typeof(Errno)).Select(c => $"{c.Name} == {c.Value}"));

    [Fact]
    public void Scan_categories_are_those_of_the_kernel() =>
        CCompiler.AssertHold(
            from c in Constants(typeof(PageScan))
            where c.Name != "PAGEMAP_SCAN"
            select $"PAGE_IS_{c.Name} == {c.Value}");

    [Theory]
    [InlineData(typeof(PageScan), "PAGEMAP_SCAN")]
    [InlineData(typeof(MappingQuery), "PROCMAP_QUERY")]
    [InlineData(typeof(TerminalSize), "TIOCGWINSZ")]
    public void Requests_of_ioctl_are_numbered_as_in_C(Type type, string name) =>
        CCompiler.AssertHold([$"{name} == {Constants(type).Single(c => c.Name == name).Value}u"]);

    [Theory]
    [InlineData(PageFlags.CompoundHead, "KPF_COMPOUND_HEAD")]
    [InlineData(PageFlags.CompoundTail, "KPF_COMPOUND_TAIL")]
    [InlineData(PageFlags.Ksm, "KPF_KSM")]
    [InlineData(PageFlags.ZeroPage, "KPF_ZERO_PAGE")]
    public void Page_flags_are_those_of_kernel_page_flags_h(ulong flag, string bit) =>
        CCompiler.AssertHold([$"(1ull << {bit}) == {flag}ull"]);

    // Bits of pagemap have names in no header; these are Documentation/admin-guide/mm/pagemap.rst's.
    [Theory]
    [InlineData(PagemapBits.FrameMask, 0x007f_ffff_ffff_ffff)]
    [InlineData(PagemapBits.Exclusive, 0x0100_0000_0000_0000)]
    [InlineData(PagemapBits.WriteProtected, 0x0200_0000_0000_0000)]
    [InlineData(PagemapBits.Guard, 0x0400_0000_0000_0000)]
    [InlineData(PagemapBits.FileOrShared, 0x2000_0000_0000_0000)]
    [InlineData(PagemapBits.Swap, 0x4000_0000_0000_0000)]
    [InlineData(PagemapBits.Present, 0x8000_0000_0000_0000)]
    public void Pagemap_bits_are_those_of_the_documentation(ulong bits, ulong documented) => Assert.Equal(documented, bits);

    [Fact]
    public void A_wrong_number_would_be_refuted() => Assert.NotEqual("", CCompiler.Refute(["ENOTTY == 26"]));

    [Fact]
    public void The_constants_are_found() => Assert.Contains(("O_CLOEXEC", 0x80000L), Constants(typeof(LibC)));

    private static List<(string Name, long Value)> Constants(Type type) =>
    [
        .. from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
           where field.IsLiteral
           select (field.Name, Convert.ToInt64(field.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture)),
    ];
}
