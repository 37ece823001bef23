using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;
using PageAlloc.Tests.Mappings;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>The contract with other programs: DESIGN.md, JSON.</summary>
public sealed class JsonViewTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TargetInfo Cat = new()
    {
        Kind = TargetKind.Process,
        Pid = 4711,
        Command = "cat"u8.ToArray(),
        Arguments = ["/bin/cat"u8.ToArray(), "a b"u8.ToArray(), ReadOnlyMemory<byte>.Empty],
        Executable = "/usr/bin/cat"u8.ToArray(),
        PageSize = 4096,
        PointerSize = 8,
    };

    [Fact]
    public void A_small_process_is_this_document()
    {
        Mapping file = TestMapping.Of(0x400000, 0x600000 + 0x3000, "/usr/bin/cat", MappingBacking.File) with
        {
            Permissions = MappingPermissions.Read | MappingPermissions.Execute | MappingPermissions.Shared,
            Offset = 0x1f000,
            DeviceMajor = 0x103,
            DeviceMinor = 2,
            Inode = 18_446_744_073_709_551_615,
        };
        AssertDocument(
            """
            {
              "schema": "pagealloc/1",
              "target": {
                "kind": "process", "pid": 4711, "command": "cat", "arguments": ["/bin/cat", "a b", ""],
                "executable": "/usr/bin/cat", "pageSize": 4096, "pointerSize": 8
              },
              "notKnown": [],
              "mappings": [
                {
                  "start": "0x400000", "end": "0x603000", "permissions": "r-xs", "offset": "0x1f000", "device": "103:02",
                  "inode": 18446744073709551615, "name": "/usr/bin/cat", "backing": "file",
                  "pages": {
                    "total": 515, "notPresent": 1, "swapped": 0, "anonymous": { "4K": 2, "64K": 0, "2M": 0, "1G": 0 },
                    "file": { "4K": 0, "2M": 512 }, "zero": 0, "ksm": 0, "guard": 0, "unknown": 0
                  },
                  "swappedSharedBytes": 0,
                  "runs": [["file 2M", 512], ["notPresent", 1], ["anonymous 4K", 2]]
                },
                {
                  "start": "0x10000", "end": "0x27000", "permissions": "rw-p", "offset": "0x0", "device": "00:00",
                  "inode": 0, "name": "", "backing": "anonymous",
                  "pages": {
                    "total": 23, "notPresent": 0, "swapped": 1, "anonymous": { "4K": 0, "64K": 16, "2M": 0, "1G": 0 },
                    "file": { "4K": 0, "2M": 0 }, "zero": 2, "ksm": 3, "guard": 1, "unknown": 0
                  },
                  "swappedSharedBytes": 0,
                  "runs": [["swapped", 1], ["zero", 2], ["ksm", 3], ["guard", 1], ["anonymous 64K", 16]]
                }
              ],
              "hugePages": {
                "pageSize": 2097152, "ranges": 1, "huge": 1, "whole": 0, "partly": 0, "missingBytes": 0,
                "eligible": null, "scannedBytes": 0, "zeroBytes": null, "notScannedBytes": 0, "folios": [],
                "mappings": [
                  {
                    "start": "0x400000", "ranges": 1, "huge": 1, "whole": 0, "partly": 0, "missingBytes": 0,
                    "eligible": null, "scannedBytes": 0, "zeroBytes": null
                  }
                ]
              }
            }
            """,
            Write(
                Cat,
                withRuns: true,
                UnknownDetails.None,
                Mapping(file, Run(PageKind.File, 512, 9), Run(PageKind.NotPresent, 1), Run(PageKind.Anonymous, 2)),
                Mapping(
                    "", Run(PageKind.Swapped, 1), Run(PageKind.Zero, 2), Run(PageKind.Ksm, 3), Run(PageKind.Guard, 1), Run(PageKind.Anonymous, 16, 4))));
    }

    [Fact]
    public void Sizes_that_occur_are_added_and_shared_memory_counts_as_file()
    {
        Mapping mapping = TestMapping.Of(0x40000000, 0x40000000 + 266_269UL * 4096, "/mnt/huge", MappingBacking.SharedMemory, 1 << 30);
        JsonNode written = JsonNode.Parse(Write(
            Cat,
            withRuns: true,
            UnknownDetails.None,
            Mapping(
                mapping,
                Run(PageKind.SharedMemory, 1), Run(PageKind.SharedMemory, 8, 3), Run(PageKind.File, 4), Run(PageKind.File, 262_144, 18),
                Run(PageKind.Anonymous, 4096, 12), Run(PageKind.Anonymous, 16, 2)) with
            { SwappedSharedBytes = 8192 }))!["mappings"]![0]!;
        Assert.Equal("""{"4K":5,"32K":8,"2M":0,"1G":262144}""", written["pages"]!["file"]!.ToJsonString());
        Assert.Equal("""{"4K":0,"16K":16,"64K":0,"2M":0,"16M":4096,"1G":0}""", written["pages"]!["anonymous"]!.ToJsonString());
        Assert.Equal(8192, (int)written["swappedSharedBytes"]!);
        Assert.Equal(1 << 30, (int)written["hugetlbPageSize"]!);
        Assert.Equal(
            """[["sharedMemory 4K",1],["sharedMemory 32K",8],["file 4K",4],["file 1G",262144],["anonymous 16M",4096],["anonymous 16K",16]]""",
            written["runs"]!.ToJsonString());
    }

    [Fact]
    public void The_states_add_up_to_the_total() =>
        Gen.Select(Gen.Enum<PageKind>(), Gen.ULong[0, 1UL << 40], Gen.Int[0, 18]).Array[0, 40].Sample(runs =>
        {
            MappingPages mapping = Mapping(TestMapping.Of(0, 1 << 20), [.. runs.Select(r => Run(r.Item1, r.Item2, r.Item3))]);
            JsonObject pages = JsonNode.Parse(Write(Cat, withRuns: false, UnknownDetails.None, mapping))!["mappings"]![0]!["pages"]!.AsObject();
            Assert.Equal(runs.Aggregate(0UL, (sum, r) => sum + r.Item2), (ulong)pages["total"]!);
            Assert.Equal((ulong)pages["total"]!, pages.Where(p => p.Key != "total").Aggregate(0UL, (sum, p) => sum + Sum(p.Value!)));
        });

    [Theory]
    [InlineData(MappingBacking.Unknown, "unknown")]
    [InlineData(MappingBacking.Anonymous, "anonymous")]
    [InlineData(MappingBacking.File, "file")]
    [InlineData(MappingBacking.SharedMemory, "sharedMemory")]
    [InlineData(MappingBacking.Device, "device")]
    public void What_stands_behind_a_mapping_is_a_word(MappingBacking backing, string word) => Assert.Equal(
        word,
        (string)JsonNode.Parse(Write(
            Cat, false, UnknownDetails.None, Mapping(TestMapping.Of(0, 0x1000, "", backing), Run(PageKind.Unknown, 1))))!["mappings"]![0]!["backing"]!);

    [Theory]
    [InlineData(UnknownDetails.None, "[]")]
    [InlineData(UnknownDetails.FolioSizes | UnknownDetails.MergedPages, """["folioSizes","ksm"]""")]
    [InlineData(UnknownDetails.HugePages, """["hugePages"]""")]
    [InlineData(UnknownDetails.GuardPages, """["guardPages"]""")]
    public void What_is_not_known_is_said(UnknownDetails unknown, string words) =>
        Assert.Equal(words, JsonNode.Parse(Write(Cat, false, unknown))!["notKnown"]!.ToJsonString());

    [Fact]
    public void Unknown_is_null_and_not_zero()
    {
        JsonNode target = JsonNode.Parse(Write(Cat with { Executable = null, PointerSize = 0 }, false, UnknownDetails.None))!["target"]!;
        Assert.Null(target["executable"]);
        Assert.Null(target["pointerSize"]);
        Assert.True(target.AsObject().ContainsKey("executable") && target.AsObject().ContainsKey("pointerSize"));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0xff }, "a\\xff")]
    [InlineData(new byte[] { (byte)'a', 0x1b, 0x07, (byte)'\t' }, "a\u001b\u0007\t")]
    [InlineData(new byte[] { (byte)'"', (byte)'\\', (byte)'/' }, "\"\\/")]
    [InlineData(new byte[] { (byte)'\\', (byte)'0', (byte)'1', (byte)'2' }, "\\012")]
    [InlineData(new byte[] { 0xc3, 0xa9, (byte)' ' }, "é ")]
    public void Names_come_back_as_they_were(byte[] name, string text)
    {
        Mapping mapping = TestMapping.Of(0, 0x1000) with { Name = name };
        string document = Write(Cat with { Command = name }, false, UnknownDetails.None, Mapping(mapping, Run(PageKind.Zero, 1)));
        Assert.DoesNotContain(document.TrimEnd('\n'), char.IsControl);
        Assert.Equal(text, (string)JsonNode.Parse(document)!["mappings"]![0]!["name"]!);
        Assert.Equal(text, (string)JsonNode.Parse(document)!["target"]!["command"]!);
    }

    [Fact]
    public void A_document_is_one_line() =>
        Assert.Equal(1, Write(Cat, true, UnknownDetails.None, Mapping(Run(PageKind.Zero, 1))).Count(c => c == '\n'));

    [Fact]
    public void Runs_stand_there_only_when_asked_for() =>
        Assert.Null(JsonNode.Parse(Write(Cat, withRuns: false, UnknownDetails.None, Mapping(Run(PageKind.Zero, 1))))!["mappings"]![0]!["runs"]);

    private static void AssertDocument(string expected, string written) =>
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(Relaxed) + "\n", written);

    private static ulong Sum(JsonNode node) => node is JsonObject sizes
        ? sizes.Aggregate(0UL, (sum, s) => sum + (ulong)s.Value!)
        : ulong.Parse(node.ToJsonString(), CultureInfo.InvariantCulture);

    private static string Write(TargetInfo target, bool withRuns, UnknownDetails unknown, params MappingPages[] mappings)
    {
        var table = new PageTable(mappings, 4096, 9, unknown);
        return Text(o => JsonView.Write(target, table, mappings, withRuns, heaps: null, o)).Replace('␛', '\u001b');
    }
}
