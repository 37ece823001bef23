using System.Text.Json;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>The member <c>target</c> of the JSON contract.</summary>
internal static class TargetJson
{
    /// <summary>Writes the member.</summary>
    public static void Write(Utf8JsonWriter json, TargetInfo target)
    {
        json.WriteStartObject("target"u8);
        json.WriteString("kind"u8, target.Kind switch { TargetKind.Core => "core"u8, TargetKind.Snapshot => "snapshot"u8, _ => "process"u8 });
        if (target.Pid != 0)
        {
            json.WriteNumber("pid"u8, target.Pid);
        }
        else
        {
            json.WriteNull("pid"u8);
        }

        json.WriteString("command"u8, ByteText.ToText(target.Command.Span));
        if (target.Arguments is null)
        {
            json.WriteNull("arguments"u8);
        }
        else
        {
            json.WriteStartArray("arguments"u8);
            foreach (ReadOnlyMemory<byte> argument in target.Arguments)
            {
                json.WriteStringValue(ByteText.ToText(argument.Span));
            }

            json.WriteEndArray();
        }

        json.WritePropertyName("executable"u8);
        if (target.Executable is { } executable)
        {
            json.WriteStringValue(ByteText.ToText(executable.Span));
        }
        else
        {
            json.WriteNullValue();
        }

        if (target.Pause is { } pause)
        {
            json.WriteNumber("frozenMilliseconds"u8, Math.Round(pause.TotalMilliseconds, 3));
        }

        if (target.File is not null)
        {
            json.WriteString("file"u8, ByteText.ToText(System.Text.Encoding.UTF8.GetBytes(target.File)));
            json.WriteString("incomplete"u8, target.Incomplete);
        }

        if (target.Recorded is { } recorded)
        {
            json.WriteStartObject("recorded"u8);
            if (recorded.Time is { } time)
            {
                json.WriteString("time"u8, time.UtcDateTime);
            }
            else
            {
                json.WriteNull("time"u8);
            }

            json.WriteNumber("moment"u8, recorded.Number);
            json.WriteNumber("moments"u8, recorded.Count);
            json.WriteEndObject();
        }

        json.WriteNumber("pageSize"u8, target.PageSize);
        json.WritePropertyName("pointerSize"u8);
        if (target.PointerSize != 0)
        {
            json.WriteNumberValue(target.PointerSize);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteEndObject();
    }
}
