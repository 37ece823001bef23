using System.Buffers;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Symbols;
using PageAlloc.Targets;

namespace PageAlloc.Insight;

/// <summary>
/// Guesses from its first bytes what a block in use holds. Nothing is written on a block that says it, so each answer is
/// worded as a guess. Pages that are not in RAM are not read.
/// </summary>
public sealed class BlockContent : IDisposable
{
    private const int MostBytes = 64;
    private const int MostText = 24;
    private const int LeastText = 4;
    private static readonly SearchValues<byte> s_printable = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (byte)c), (byte)'\t', (byte)'\n', (byte)'\r']);

    private readonly IHeapBlocks _heaps;
    private readonly MemoryCache _memory;
    private readonly IReadOnlyList<Mapping> _mappings;
    private readonly SymbolNames _symbols;
    private readonly RangeSet _blocks;

    /// <summary>Makes it.</summary>
    /// <param name="heaps">The heaps.</param>
    /// <param name="memory">The memory that they are in; the caller goes on owning it.</param>
    /// <param name="target">Whose heaps they are.</param>
    /// <param name="mappings">All its mappings, in address order.</param>
    public BlockContent(IHeapBlocks heaps, IMemory memory, ITarget target, IReadOnlyList<Mapping> mappings)
    {
        _heaps = heaps;
        _memory = new MemoryCache(memory, target.Info.PointerSize == 4 ? 4 : 8);
        _mappings = mappings;
        _symbols = new SymbolNames(target, mappings);
        _blocks = heaps.Heaps.Ranges();
    }

    /// <summary>What a block of an arena looks like, as <c>looks like text "…"</c>; null when there is nothing to guess from.</summary>
    /// <param name="arena">The block's arena.</param>
    /// <param name="block">The block.</param>
    public string? Guess(Arena arena, PinningBlock block)
    {
        int pointer = arena.Layout.PointerSize;
        ulong user = block.Chunk + (2 * (ulong)pointer);
        if (_heaps.Heaps.Tcaches.Any(t => t.Address == user))
        {
            return "the tcache of a thread";
        }

        // The last word of a chunk in use is the next header's first.
        Span<byte> bytes = stackalloc byte[(int)Math.Min(MostBytes, block.Size - (ulong)pointer)];
        if (!_memory.TryRead(user, bytes))
        {
            return null;
        }

        return !bytes.ContainsAnyExcept((byte)0) ? $"looks blank: its first {bytes.Length} bytes are zeros"
            : ByFirstWord(_memory.Word(bytes)) ?? ByText(bytes) ?? ByPointers(bytes, pointer);
    }

    /// <summary>Closes the files from which names were read.</summary>
    public void Dispose()
    {
        _memory.Dispose();
        _symbols.Dispose();
    }

    private string? ByFirstWord(ulong word)
    {
        if (_heaps.Heaps.Arenas.FirstOrDefault(a => word >= a.Address && word - a.Address < (ulong)a.Layout.StateSize) is not null)
        {
            return "looks unwritten: it begins with a link of malloc's own lists";
        }

        if (_symbols.At(word) is not { } place)
        {
            return null;
        }

        string file = FileName(place.Module.ToString());
        return place.Name is null ? $"looks like an object: begins with a pointer to {file} + 0x{place.Offset:x}"
            : CppName.ClassOfVtable(place.Name) is { } name ? $"looks like an object: vtable of {name} in {file}"
            : $"looks like an object: begins with a pointer to {place.Name}{(place.Offset == 0 ? "" : $" + 0x{place.Offset:x}")} in {file}";
    }

    // A string of C, or one that fills all that was read.
    private static string? ByText(ReadOnlySpan<byte> bytes)
    {
        int length = bytes.IndexOfAnyExcept(s_printable);
        length = length < 0 ? bytes.Length : length;
        bool ends = length == bytes.Length || bytes[length] == 0;
        return length < LeastText || !ends ? null
            : $"looks like text \"{ByteText.ToPrintable(bytes[..Math.Min(length, MostText)])}{(length > MostText ? "…" : "")}\"";
    }

    private string? ByPointers(ReadOnlySpan<byte> bytes, int pointer)
    {
        int words = bytes.Length / pointer;
        var places = new List<string>();
        for (int i = 0; i < words; i++)
        {
            ulong word = _memory.Word(bytes[(i * pointer)..]);
            if (_blocks.Contains(word))
            {
                places.Add("the heap");
            }
            else if (_mappings.At(word) is { } mapping)
            {
                places.Add(mapping.Name.IsEmpty ? "anonymous memory" : FileName(ByteText.ToPrintable(mapping.Name.Span)));
            }
        }

        return places.Count == 0 ? null
            : $"looks like a structure: of its first {words} words " + string.Join(
                ", ", places.GroupBy(p => p).Select(g => $"{g.Count()} {(g.Count() == 1 ? "points" : "point")} into {g.Key}"));
    }

    private static string FileName(string path) => path[(path.LastIndexOf('/') + 1)..];
}
