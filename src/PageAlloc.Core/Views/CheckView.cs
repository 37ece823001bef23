using System.Buffers;
using System.Text.Json;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>What became of a check: a line for each budget, and one for damage.</summary>
public static class CheckView
{
    private const int StateWidth = 9;
    private const int NameWidth = 16;
    private const int ValueWidth = 12;

    /// <summary>Writes it for people.</summary>
    /// <param name="check">What became of it.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(CheckResult check, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        foreach (BudgetResult result in check.Budgets)
        {
            BudgetKind kind = result.Budget.Kind;
            sink.Column(result.IsExceeded ? "EXCEEDED" : result.Value is null ? "unknown" : "ok", StateWidth).Column(kind.Id, NameWidth)
                .Column(Amount(result.Value, kind.Unit), -ValueWidth).Write($"  of at most {Amount(result.Budget.Limit, kind.Unit)}: {kind.Help}").EndLine();
        }

        sink.Column(check.Damage is not null ? "DAMAGED" : check.IsKnown ? "ok" : "unknown", StateWidth)
            .Write(check.Damage?.Text ?? (check.IsKnown ? "no damage was found in the heap" : "the heap could not be checked, or not all of it")).EndLine();
    }

    /// <summary>Writes it as JSON.</summary>
    /// <param name="process">The process.</param>
    /// <param name="check">What became of it.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void WriteJson(ProcessFigures process, CheckResult check, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("schema"u8, "pagealloc/check/1"u8);
        json.WriteNumber("pid"u8, process.Target.Pid);
        json.WriteString("command"u8, ByteText.ToText(process.Target.Command.Span));
        json.WriteBoolean("ok"u8, check.IsGood);
        json.WriteStartArray("budgets"u8);
        foreach (BudgetResult result in check.Budgets)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, result.Budget.Kind.Id);
            json.WriteString("unit"u8, result.Budget.Kind.Unit.ToString().ToLowerInvariant());
            if (result.Value is { } value)
            {
                json.WriteNumber("value"u8, value);
            }
            else
            {
                json.WriteNull("value"u8);
            }

            json.WriteNumber("limit"u8, result.Budget.Limit);
            json.WriteBoolean("exceeded"u8, result.IsExceeded);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("damage"u8, check.Damage?.Text);
        json.WriteBoolean("heapKnown"u8, check.IsKnown);

        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    private static string Amount(ulong? value, BudgetUnit unit) => value is not { } known ? "not known"
        : unit switch
        {
            BudgetUnit.Bytes => Amounts.Size(known),
            BudgetUnit.Percent => $"{known} %",
            _ => Amounts.Count(known),
        };
}
