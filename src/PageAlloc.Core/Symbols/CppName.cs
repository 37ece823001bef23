using System.Globalization;

namespace PageAlloc.Symbols;

/// <summary>Reads the simple names of the C++ ABI: nested ones without arguments or templates.</summary>
internal static class CppName
{
    /// <summary>
    /// The class whose vtable the symbol is: <c>Foo::Bar</c> of <c>_ZTVN3Foo3BarE</c>; null when it is none, or its name is not a simple one.
    /// source: the Itanium C++ ABI, 5.1
    /// </summary>
    public static string? ClassOfVtable(string symbol)
    {
        const string prefix = "_ZTV";
        if (!symbol.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> rest = symbol.AsSpan(prefix.Length);
        bool isNested = rest.StartsWith("N") && rest.EndsWith("E");
        rest = isNested ? rest[1..^1] : rest;
        var names = new List<string>();
        if (rest.StartsWith("St"))
        {
            names.Add("std");
            rest = rest[2..];
        }

        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0 || !int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > rest.Length - digits)
            {
                return null;
            }

            names.Add(rest.Slice(digits, length).ToString());
            rest = rest[(digits + length)..];
        }

        // Outside a nested name there is one, besides the namespace std.
        return names.Count == 0 || names[^1] == "std" || (!isNested && names.Count(n => n != "std") != 1) ? null : string.Join("::", names);
    }
}
