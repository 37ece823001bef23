using CsCheck;
using PageAlloc.Mappings;

namespace PageAlloc.Tests.Pages;

/// <summary>Processes of all sorts: what mappings hold in a row.</summary>
internal static class RandomAddressSpace
{
    private static readonly Gen<Content> Small = Gen.Select(
        Gen.OneOf("absent", "swapped", "guard", "marked", "migrating", "zero", "anonymous", "forked", "cached", "ksm"),
        Gen.OneOf(Gen.Int[1, 5], Gen.Int[1, 400]),
        (what, count) => new Content(what, count, 0, 0));

    private static readonly Gen<Content> Folio = Gen.Select(
        Gen.OneOf("folio", "cachedFolio"), Gen.Int[1, 9], Gen.Double.Unit, Gen.Double.Unit, (what, order, from, count) =>
        {
            int first = (int)(from * (1 << order));
            return new Content(what, order, first, 1 + (int)(count * (Math.Min(1 << order, first + 100) - first - 1)));
        });

    private static readonly Gen<Content> Huge = Gen.OneOf("huge", "cachedHuge", "hugeZero").Select(what => new Content(what, 0, 0, 0));

    private static readonly Gen<Content> Device = Gen.Select(
        Gen.OneOf("absent", "migrating"), Gen.Int[1, 50], (what, count) => new Content(what, count, 0, 0));

    private static readonly Gen<MappingShape> Shape = Gen.OneOf(
        Shaped(
            Gen.OneOf(MappingBacking.Anonymous, MappingBacking.File, MappingBacking.SharedMemory),
            Gen.Frequency((6, Small), (4, Folio), (1, Huge)).Array[1, 12]),
        Shaped(Gen.Const(MappingBacking.Device), Device.Array[1, 3]));

    /// <summary>Shapes to make an address space of; shapes shrink, and print themselves.</summary>
    public static readonly Gen<MappingShape[]> Shapes = Shape.Array[1, 8];

    public static AddressSpace Make(MappingShape[] shapes, int pageSize = 4096, int hugeOrder = 9)
    {
        var space = new AddressSpace(pageSize, hugeOrder);
        foreach (MappingShape shape in shapes)
        {
            space.Begin(shape.Backing, shape.Gap);
            foreach (Content content in shape.Contents)
            {
                Add(space, content);
            }

            space.End();
        }

        return space;
    }

    private static Gen<MappingShape> Shaped(Gen<MappingBacking> backing, Gen<Content[]> contents) => Gen.Select(
        backing, Gen.OneOf(Gen.Const(0UL), Gen.ULong[0, 300]), contents, (b, gap, c) => new MappingShape(b, gap, c));

    private static AddressSpace Add(AddressSpace space, Content c) => c.What switch
    {
        "swapped" => space.Swapped(c.Count),
        "guard" => space.Guard(c.Count),
        "marked" => space.Marked(c.Count),
        "migrating" => space.Migrating(c.Count),
        "zero" => space.Zero(c.Count),
        "anonymous" => space.Anonymous(c.Count),
        "forked" => space.Forked(c.Count),
        "cached" => space.Cached(c.Count),
        "ksm" => space.Ksm(c.Count),
        "huge" => space.Huge(),
        "cachedHuge" => space.Huge(cached: true),
        "hugeZero" => space.HugeZero(),

        // Parts of huge folios never add up to a whole one that smaps' sum could be taken for: a gap follows.
        "folio" => space.Folio(c.Count, c.From, c.Length).Absent(1),
        "cachedFolio" => space.Folio(c.Count, c.From, c.Length, cached: true).Absent(1),
        _ => space.Absent(c.Count),
    };
}

/// <summary>Something in a mapping: pages of a sort, or a part of a folio.</summary>
internal sealed record Content(string What, int Count, int From, int Length);

/// <summary>A mapping: what stands behind it, the gap in front of it, and what it holds.</summary>
internal sealed record MappingShape(MappingBacking Backing, ulong Gap, Content[] Contents)
{
    public override string ToString() => $"{Backing} after {Gap}: {string.Join("; ", (object[])Contents)}";
}
