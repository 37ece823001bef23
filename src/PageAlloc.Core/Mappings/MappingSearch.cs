namespace PageAlloc.Mappings;

/// <summary>Finds mappings by address in a list that is in address order, as the kernel gives them.</summary>
internal static class MappingSearch
{
    /// <summary>The number of the first mapping that begins behind an address.</summary>
    public static int FirstBehind(this IReadOnlyList<Mapping> mappings, ulong address)
    {
        int low = 0;
        int high = mappings.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = mappings[middle].Range.Start <= address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The mapping that an address is in; null when it is in none.</summary>
    public static Mapping? At(this IReadOnlyList<Mapping> mappings, ulong address) =>
        mappings.FirstBehind(address) - 1 is var index && index >= 0 && mappings[index].Range.Contains(address) ? mappings[index] : null;
}
