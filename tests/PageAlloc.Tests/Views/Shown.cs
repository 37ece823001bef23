using System.Buffers;
using System.Text;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;
using PageAlloc.Views;

namespace PageAlloc.Tests.Views;

/// <summary>Small tables to draw, and what views make of them.</summary>
internal static class Shown
{
    public static readonly TextStyle Letters = new(ColorDepth.None, Unicode: true), Colors = new(ColorDepth.Indexed, Unicode: true);

    /// <summary>Pages of one state in a row.</summary>
    public static (PageState State, ulong Count) Run(PageKind kind, ulong count, int order = 0) => (new PageState(kind, order), count);

    public static PageTable Table(params MappingPages[] mappings) => new(mappings, 4096, 9, UnknownDetails.None);

    /// <summary>A mapping at 0x10000 that holds the runs.</summary>
    public static MappingPages Mapping(params (PageState State, ulong Count)[] runs) => Mapping("[heap]", runs);

    public static MappingPages Mapping(string name, params (PageState State, ulong Count)[] runs) =>
        Mapping(TestMapping.Of(0x10000, 0x10000 + (runs.Aggregate(0UL, (sum, r) => sum + r.Count) * 4096), name), runs);

    public static MappingPages Mapping(Mapping mapping, params (PageState State, ulong Count)[] runs)
    {
        var builder = new PageRuns.Builder();
        foreach ((PageState state, ulong count) in runs)
        {
            builder.Add(state, count);
        }

        return new MappingPages(mapping, builder.Take(), 0);
    }

    public static string Map(MapOptions options, params MappingPages[] mappings) =>
        Text(output => PageMapView.Write(Table(mappings), mappings, options, output));

    public static string Legend(MapOptions options, params MappingPages[] mappings) =>
        Text(output => LegendView.Write(Table(mappings), mappings, options, output));

    public static string Totals(params MappingPages[] mappings) => Text(output => TotalsView.Write(Table(mappings), mappings, mappings.Length, output));

    /// <summary>What was written, with the escape character as ␛, so that screens can be read in the source.</summary>
    public static string Text(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan).Replace('\u001b', '␛');
    }
}
