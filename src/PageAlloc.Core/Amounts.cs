using System.Globalization;

namespace PageAlloc;

/// <summary>Numbers in words for people.</summary>
public static class Amounts
{
    /// <summary>A number with commas between thousands.</summary>
    public static string Count(ulong count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>How many of a thing: <c>1 block</c>, <c>1,024 blocks</c>.</summary>
    public static string Of(ulong count, string thing) => count == 1 ? $"1 {thing}" : $"{Count(count)} {thing}s";

    /// <summary>A size in the largest binary unit that it fills, one decimal: <c>4.0 KiB</c>, <c>1.5 GiB</c>.</summary>
    public static string Size(ulong bytes)
    {
        const string units = "KMGTPE";
        if (bytes < 1024)
        {
            return $"{bytes} B";
        }

        int unit = 0;
        double value = bytes / 1024.0;
        for (; value >= 1023.95 && unit < units.Length - 1; unit++)
        {
            value /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:F1} {units[unit]}iB");
    }
}
