using System.Globalization;
using System.Text.Json;
using PageAlloc.Insight.Diff;

namespace PageAlloc.Views;

/// <summary>The member <c>growth</c> of the JSON of <c>pagealloc diff</c>.</summary>
internal static class GrowthJson
{
    /// <summary>Writes the member: the moments, the sums, and each series that grows steadily.</summary>
    public static void Write(Utf8JsonWriter json, Growth growth)
    {
        json.WriteStartObject("growth"u8);
        json.WriteStartArray("moments"u8);
        foreach (MomentInfo moment in growth.Moments)
        {
            json.WriteStartObject();
            json.WriteNumber("pid"u8, moment.Target.Pid);
            WriteTime(json, moment.Time);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("basis"u8, JsonNamingPolicy.CamelCase.ConvertName(growth.Basis.ToString()));
        json.WriteString("ratePer"u8, growth.HasTimes ? "second"u8 : "moment"u8);
        json.WriteNumber("momentsWithUnknownHeap"u8, growth.MomentsWithUnknownHeap);
        Write("totals"u8, growth.Totals);
        Write("steady"u8, growth.Steady);
        json.WriteEndObject();

        void Write(ReadOnlySpan<byte> name, IEnumerable<GrowthSeries> series)
        {
            json.WriteStartArray(name);
            foreach (GrowthSeries one in series)
            {
                WriteSeries(json, one);
            }

            json.WriteEndArray();
        }
    }

    /// <summary>Writes a number, or null.</summary>
    internal static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? number)
    {
        if (number is { } known)
        {
            json.WriteNumber(name, Math.Round(known, 3));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>Writes when a moment was, or null.</summary>
    internal static void WriteTime(Utf8JsonWriter json, DateTimeOffset? time) =>
        json.WriteString("time"u8, time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    private static void WriteSeries(Utf8JsonWriter json, GrowthSeries series)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, JsonNamingPolicy.CamelCase.ConvertName(series.Kind.ToString()));
        json.WriteString("name"u8, series.Name);
        if (series.Address != 0)
        {
            json.WriteString("address"u8, JsonView.Hex(series.Address));
        }

        if (series.Kind == GrowthKind.Size)
        {
            json.WriteNumber("minSize"u8, series.Sizes.Least);
            json.WriteNumber("maxSize"u8, series.Sizes.Most);
            json.WriteString("example"u8, series.Example == 0 ? null : JsonView.Hex(series.Example));
        }

        WriteNumber(json, "rateBytes"u8, series.Rate);
        WriteValues("bytes"u8, series.Bytes);
        if (series.Blocks is { } blocks)
        {
            WriteValues("blocks"u8, blocks);
        }

        json.WriteEndObject();

        void WriteValues(ReadOnlySpan<byte> name, IReadOnlyList<ulong> values)
        {
            json.WriteStartArray(name);
            foreach (ulong value in values)
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
        }
    }
}
