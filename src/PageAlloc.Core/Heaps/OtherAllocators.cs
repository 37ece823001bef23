using PageAlloc.Mappings;

namespace PageAlloc.Heaps;

/// <summary>Names allocators that are known to be there, though their heaps can't be shown, by the libraries that are mapped.</summary>
internal static class OtherAllocators
{
    private static readonly (string Part, string Allocator)[] s_libraries =
    [
        ("libjemalloc", "jemalloc"), ("libtcmalloc", "tcmalloc"), ("libmimalloc", "mimalloc"), ("ld-musl-", "musl"), ("libc.musl-", "musl"),
        ("musl/libc.so", "musl"), ("musl/lib/libc.so", "musl"),
    ];

    /// <summary>The first of them that is mapped; null when none is.</summary>
    public static string? Name(IReadOnlyList<Mapping> mappings)
    {
        foreach (Mapping mapping in mappings)
        {
            string name = ByteText.ToText(mapping.Name.Span);
            foreach ((string part, string allocator) in s_libraries)
            {
                if (name.Contains(part, StringComparison.Ordinal))
                {
                    return allocator;
                }
            }
        }

        return null;
    }
}
