using System.Globalization;
using System.Xml.Linq;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>Free blocks of one list, or of one bin, as malloc_info gives them: sizes of chunks, without the flags it leaves in.</summary>
internal sealed record InfoSizes(ulong From, ulong To, ulong Bytes, ulong Blocks);

/// <summary>What malloc_info says of an arena.</summary>
internal sealed record HeapInfo(
    IReadOnlyList<InfoSizes> Fast, IReadOnlyList<InfoSizes> Bins, InfoSizes? Unsorted,
    ulong FastBlocks, ulong FastBytes, ulong RestBlocks, ulong RestBytes, ulong SystemBytes, ulong SpaceBytes, int? Heaps)
{
    private const ulong Flags = 7;

    public static IReadOnlyList<HeapInfo> ParseAll(string xml) =>
        [.. XElement.Parse(xml).Elements("heap").Select(Parse)];

    private static HeapInfo Parse(XElement heap)
    {
        XElement sizes = heap.Element("sizes")!;
        // Lists of one size have no flags in their sizes; bins always have the lowest one.
        List<XElement> lines = [.. sizes.Elements("size")];
        return new HeapInfo(
            [.. lines.Where(l => Number(l, "to") % 8 == 0).Select(l => new InfoSizes(Number(l, "to"), Number(l, "to"), Number(l, "total"), Number(l, "count")))],
            [.. lines.Where(l => Number(l, "to") % 8 != 0).Select(Unflagged)],
            sizes.Element("unsorted") is { } unsorted && Number(unsorted, "count") > 0 ? Unflagged(unsorted) : null,
            Total(heap, "fast", "count"),
            Total(heap, "fast", "size"),
            Total(heap, "rest", "count"),
            Total(heap, "rest", "size"),
            Typed(heap, "system", "current", "size")!.Value,
            Typed(heap, "aspace", "total", "size")!.Value,
            (int?)Typed(heap, "aspace", "subheaps", "size"));
    }

    // Each size has exactly the flag that says that the chunk before is in use.
    private static InfoSizes Unflagged(XElement line) => new(
        Number(line, "from") & ~Flags, Number(line, "to") & ~Flags, Number(line, "total") - Number(line, "count"), Number(line, "count"));

    private static ulong Total(XElement parent, string type, string attribute) => Typed(parent, "total", type, attribute) ?? 0;

    private static ulong? Typed(XElement parent, string name, string type, string attribute) =>
        parent.Elements(name).FirstOrDefault(e => e.Attribute("type")!.Value == type) is { } found ? Number(found, attribute) : null;

    private static ulong Number(XElement element, string attribute) =>
        ulong.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);
}
