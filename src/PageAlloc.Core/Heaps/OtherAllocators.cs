using PageAlloc.Mappings;

namespace PageAlloc.Heaps;

/// <summary>
/// Names the allocator of a process without a heap that can be shown, by the libraries that are mapped: another one, or glibc
/// where it has not been called yet. Another one stands before glibc, whose libc is there too.
/// </summary>
internal static class OtherAllocators
{
    private static readonly (string Part, string Allocator)[] s_libraries =
    [
        ("libjemalloc", "jemalloc"), ("libtcmalloc", "tcmalloc"), ("libmimalloc", "mimalloc"), ("ld-musl-", "musl"), ("libc.musl-", "musl"),
        ("musl/libc.so", "musl"), ("musl/lib/libc.so", "musl"), ("/libc.so.6", "glibc"), ("/libc-2.", "glibc"),
    ];

    /// <summary>The allocator; null when no library of one is mapped.</summary>
    public static string? Name(IReadOnlyList<Mapping> mappings)
    {
        string[] names = [.. mappings.Select(m => ByteText.ToText(m.Name.Span)).Distinct()];
        return s_libraries.FirstOrDefault(l => names.Any(n => n.Contains(l.Part, StringComparison.Ordinal))).Allocator;
    }
}
