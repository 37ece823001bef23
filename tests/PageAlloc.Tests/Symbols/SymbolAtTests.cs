using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PageAlloc.Symbols;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Symbols;

/// <summary>Names of addresses: those that readelf has, and C++ names as c++filt reads them.</summary>
public sealed class SymbolAtTests
{
    [Fact]
    public void Inside_each_function_and_object_is_its_name()
    {
        using ElfImage image = ElfFiles.Open(ElfFiles.Libc);
        var symbols = Regex.Matches(
                Launch.Run("readelf", "--dyn-syms", "-W", ElfFiles.Libc),
                @"^ +\d+: ([0-9a-f]{16}) +(\d+) (?:FUNC|OBJECT) +\w+ +\w+ +\d+ (\S+?)@?@?(?:GLIBC\S+)?\r?$", RegexOptions.Multiline)
            .Select(m => (Start: ulong.Parse(m.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                Size: ulong.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture), Name: m.Groups[3].Value))
            .Where(s => s.Size != 0).ToArray();
        Assert.True(symbols.Length > 1000);
        foreach ((ulong start, ulong size, _) in symbols.Where((_, i) => i % 20 == 0))
        {
            foreach (ulong at in (ulong[])[start, start + (size / 2), start + size - 1])
            {
                string name = Encoding.UTF8.GetString(image.FindSymbolAt(at, out ElfSymbol symbol)!.Value.Span);
                Assert.Contains((symbol.Value, symbol.Size, name), symbols.Where(s => at >= s.Start && at - s.Start < s.Size));
            }
        }
    }

    [Fact]
    public void Where_no_symbol_is_there_is_no_name()
    {
        using ElfImage image = ElfFiles.Open(ElfFiles.Libc);
        Assert.Null(image.FindSymbolAt(0, out _));
        Assert.Null(image.FindSymbolAt(ulong.MaxValue, out _));
    }

    [Theory]
    [InlineData("_ZTV3Foo", "Foo")]
    [InlineData("_ZTVN3geo5PointE", "geo::Point")]
    [InlineData("_ZTVNSt6thread6_StateE", "std::thread::_State")]
    [InlineData("_ZTVSt9exception", "std::exception")]
    [InlineData("_ZTV3Foo3Bar", null)]
    [InlineData("_ZTVSt", null)]
    [InlineData("_ZTVN3geo3BoxIiEE", null)]
    [InlineData("_ZTI3Foo", null)]
    [InlineData("_ZTV9Foo", null)]
    [InlineData("_ZTV", null)]
    [InlineData("_ZTV99999999999Foo", null)]
    [InlineData("malloc", null)]
    public void A_vtable_is_of_a_class(string symbol, string? name) => Assert.Equal(name, CppName.ClassOfVtable(symbol));
}
