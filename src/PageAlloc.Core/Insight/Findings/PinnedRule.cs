namespace PageAlloc.Insight.Findings;

/// <summary>Free memory on pages that blocks in use keep: fragmentation that nothing can give back.</summary>
internal sealed class PinnedRule : IFindingRule
{
    // Only where a good part of the pages is free can placing blocks otherwise gain much.
    private const ulong LeastFreePart = 4;

    public Finding? Find(ProcessFigures figures)
    {
        if (figures.Heaps?.Pins is not { } pins || !Worth.Saying(pins.TotalBytes, figures)
            || pins.TotalBytes < pins.Pages * (ulong)figures.Table.PageSize / LeastFreePart || pins.BySize.Count == 0)
        {
            return null;
        }

        PinningSizeSample most = pins.BySize[0];
        PinningSize size = most.Size;
        ulong user = size.Largest.Chunk + (ulong)most.Arena.Layout.HeaderSize;
        string look = most.Content is null ? "" : $", {most.Content}";
        return new Finding(
            "pinned",
            Worth.Severity(pins.TotalBytes, figures),
            pins.TotalBytes,
            $"{Worth.Share(pins.TotalBytes, figures)} are free, but on pages with blocks in use, which keep them in RAM: "
                + $"{Amounts.Of(size.Blocks, "block")} of {size.Name} {(size.Blocks == 1 ? "holds" : "hold")} {Amounts.Size(size.Bytes)} of it; {(size.Blocks == 1 ? "it" : "one")} is at 0x{user:x}{look}",
            "allocate what lives long apart from what lives short: from a pool of its own, or before it");
    }
}
