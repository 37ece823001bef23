using System.Text.Json;
using PageAlloc.Insight.Findings;

namespace PageAlloc.Views;

/// <summary>The member <c>findings</c> of the JSON contract.</summary>
internal static class FindingsJson
{
    /// <summary>Writes the member.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<Finding> findings)
    {
        json.WriteStartArray("findings"u8);
        foreach (Finding finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, finding.Id);
            json.WriteString("severity"u8, NameOf(finding.Severity));
            json.WriteNumber("bytes"u8, finding.Bytes);
            json.WriteString("text"u8, finding.Text);
            json.WriteString("advice"u8, finding.Advice);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string NameOf(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Info => "info",
        FindingSeverity.Notice => "notice",
        _ => "warning",
    };
}
