namespace PageAlloc;

/// <summary>A half-open range of virtual addresses, [Start, End), in bytes.</summary>
/// <param name="Start">The first address inside.</param>
/// <param name="End">The first address behind; never below <paramref name="Start"/>.</param>
public readonly record struct AddressRange(ulong Start, ulong End)
{
    /// <summary>The size in bytes.</summary>
    public ulong Length => End - Start;

    /// <summary>Whether the range holds no byte.</summary>
    public bool IsEmpty => End <= Start;

    /// <summary>Whether <paramref name="address"/> lies inside.</summary>
    public bool Contains(ulong address) => address >= Start && address < End;

    /// <summary>Whether the two ranges have a byte in common.</summary>
    public bool Overlaps(AddressRange other) => Start < other.End && other.Start < End;

    /// <summary>The part that both ranges have in common; empty when there is none.</summary>
    public AddressRange Intersect(AddressRange other)
    {
        ulong start = Math.Max(Start, other.Start);
        ulong end = Math.Min(End, other.End);
        return end > start ? new AddressRange(start, end) : new AddressRange(start, start);
    }

    /// <summary>The range as <c>0x…-0x…</c>.</summary>
    public override string ToString() => $"0x{Start:x}-0x{End:x}";
}
