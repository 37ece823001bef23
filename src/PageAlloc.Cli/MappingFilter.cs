using System.Globalization;
using System.Text.RegularExpressions;
using PageAlloc.Mappings;
using PageAlloc.Views;

namespace PageAlloc.Cli;

/// <summary>Picks mappings: by an address in them, by a range that they overlap, or by a regular expression on the name.</summary>
internal sealed class MappingFilter
{
    private readonly AddressRange? _range;
    private readonly Regex? _name;

    private MappingFilter(AddressRange? range, Regex? name)
    {
        _range = range;
        _name = name;
    }

    /// <summary>Reads a filter: <c>0xADDR</c>, <c>ADDR-ADDR</c> (half-open, as maps writes them), else a regular expression.</summary>
    /// <exception cref="FormatException">It is none of them; the message says why.</exception>
    public static MappingFilter Parse(string text)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash > 0 && TryAddress(text[..dash], out ulong start) && TryAddress(text[(dash + 1)..], out ulong end))
        {
            return end > start
                ? new MappingFilter(new AddressRange(start, end), null)
                : throw new FormatException($"the range {text} ends before it begins");
        }

        if (TryAddress(text, out ulong address))
        {
            return new MappingFilter(new AddressRange(address, address == ulong.MaxValue ? address : address + 1), null);
        }

        try
        {
            return new MappingFilter(null, new Regex(text, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"'{text}' is no address and no regular expression: {e.Message}", e);
        }
    }

    /// <summary>Whether the mapping is picked.</summary>
    /// <exception cref="UsageException">The expression takes too long on the mapping's name.</exception>
    public bool Matches(Mapping mapping)
    {
        try
        {
            return _range is { } range ? mapping.Range.Overlaps(range) : _name!.IsMatch(PageMapView.NameOf(mapping));
        }
        catch (RegexMatchTimeoutException)
        {
            throw new UsageException($"--filter: the expression '{_name}' takes more than a second on one name; make it simpler");
        }
    }

    // A bare word such as 'dead' may be a name: an address needs 0x, or the eight digits that maps writes at least.
    private static bool TryAddress(string text, out ulong address)
    {
        bool hasPrefix = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        address = 0;
        return (hasPrefix || text.Length >= 8)
            && ulong.TryParse(hasPrefix ? text.AsSpan(2) : text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address);
    }
}
