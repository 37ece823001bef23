using System.Text.Json;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>Pages in large folios by how these are mapped: as the target made them.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class FolioCountTests
{
    // Two folios and a half, and then one; three, of which one is a page off; a huge page in pieces, one with a hole, one whole.
    [Theory]
    [InlineData("medium16K", 16, 8, 0, 2)]
    [InlineData("medium64K", 64, 32, 0, 8)]
    [InlineData("medium1024K", 1024, 512, 0, 128)]
    [InlineData("mediumMoved64K", 64, 32, 16, 0)]
    [InlineData("hugeSplit", 2048, 512, 0, 512 + 503)]
    [InlineData("huge", 2048, 1024, 0, 0)]
    public void Anonymous_folios_are_mapped_as_the_target_did_it(string situation, ulong kibibytes, ulong aligned, ulong unaligned, ulong partial)
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using StandingSituation standing = Situations.Get(situation).Start();
        foreach (string? source in new[] { null, "pagemap" })
        {
            JsonElement folio = Assert.Single(
                Folios(standing.Pid, source).EnumerateArray(),
                f => f.GetProperty("kind").GetString() == "anonymous" && f.GetProperty("size").GetUInt64() == kibibytes << 10);
            Assert.Equal((aligned, unaligned, partial), (Pages(folio, "alignedPages"), Pages(folio, "unalignedPages"), Pages(folio, "partialPages")));
        }
    }

    // All pages of a size that states and counts tell; states count a huge folio in pieces as small pages, this does not.
    [Theory]
    [InlineData("fileLarge")]
    [InlineData("fileMixed")]
    [InlineData("sharedMedium64K")]
    [InlineData("medium64K")]
    public void Their_sums_are_the_pages_of_each_size(string situation)
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using StandingSituation standing = Situations.Get(situation).Start();
        JsonElement root = Show(standing.Pid, null);
        Assert.DoesNotContain("folioSizes", root.GetProperty("notKnown").EnumerateArray().Select(w => w.GetString()));
        var found = root.GetProperty("hugePages").GetProperty("folios").EnumerateArray().Select(f => (
            Kind: f.GetProperty("kind").GetString() == "anonymous" ? "anonymous" : "file",
            Size: f.GetProperty("size").GetUInt64(),
            Pages: Pages(f, "alignedPages") + Pages(f, "unalignedPages") + Pages(f, "partialPages"))).ToList();
        Assert.Contains(found, f => f is { Size: < 2 << 20, Pages: not 0 });
        foreach (string kind in new[] { "anonymous", "file" })
        {
            foreach (int kibibytes in new[] { 8, 16, 32, 64, 128, 256, 512, 1024 })
            {
                string name = kibibytes == 1024 ? "1M" : $"{kibibytes}K";
                ulong pages = root.GetProperty("mappings").EnumerateArray().Aggregate(
                    0UL, (sum, m) => sum + (m.GetProperty("pages").GetProperty(kind).TryGetProperty(name, out JsonElement n) ? n.GetUInt64() : 0));
                Assert.Equal((kind, name, pages), (kind, name, found.Where(f => f.Kind == kind && f.Size == (ulong)kibibytes << 10).Aggregate(0UL, (sum, f) => sum + f.Pages)));
            }
        }
    }

    [Fact]
    public void Without_page_flags_they_are_not_known()
    {
        using TargetProgram target = TargetProgram.Pages("small");
        CommandResult result = CommandRun.Run($"{target.Pid}", "--format", "json", "--no-page-flags");
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(result.Output).RootElement.GetProperty("hugePages").GetProperty("folios").ValueKind);
    }

    private static JsonElement Folios(int pid, string? source) => Show(pid, source).GetProperty("hugePages").GetProperty("folios");

    private static JsonElement Show(int pid, string? source)
    {
        Dictionary<string, string>? environment = source is null ? null : new() { ["PAGEALLOC_PAGE_SOURCE"] = source };
        CommandResult result = CommandRun.Run([$"{pid}", "--format", "json"], user: null, environment);
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private static ulong Pages(JsonElement folio, string name) => folio.GetProperty(name).GetUInt64();
}
