using System.Text.Json;

namespace PageAlloc.Symbols;

/// <summary>A file of the layout cache as JSON, schema <c>pagealloc-layout/1</c>. Names that were asked for and not found are kept too.</summary>
internal static class LayoutJson
{
    private const string Schema = "pagealloc-layout/1";

    public static byte[] Write(
        DwarfResult result, ReadOnlySpan<byte> buildId, IReadOnlyList<string> structNames, IReadOnlyList<string> variableNames)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("schema", Schema);
            json.WriteString("buildId", Convert.ToHexStringLower(buildId));

            // A path through a process is of no use once the process is gone.
            json.WriteString("path", result.Path?.StartsWith("/proc/", StringComparison.Ordinal) == true ? null : result.Path);
            WriteNames(json, "missingStructs", structNames.Where(n => !result.Structs.ContainsKey(n)));
            WriteNames(json, "missingVariables", variableNames.Where(n => !result.Variables.ContainsKey(n)));
            json.WriteStartArray("structs");
            foreach ((string name, StructLayout layout) in result.Structs)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteNumber("size", layout.Size);
                json.WriteStartArray("members");
                foreach (StructMember member in layout.Members)
                {
                    json.WriteStartObject();
                    json.WriteString("name", member.Name);
                    json.WriteNumber("offset", member.Offset);
                    json.WriteNumber("size", member.Size);
                    if (member.Count is { } count)
                    {
                        json.WriteNumber("count", count);
                    }

                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("variables");
            foreach (DwarfVariable variable in result.Variables.Values)
            {
                json.WriteStartObject();
                json.WriteString("name", variable.Name);
                json.WriteBoolean("threadLocal", variable.IsThreadLocal);
                json.WriteNumber("value", variable.Value);
                json.WriteNumber("size", variable.Size);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Reads and checks a file; null when it does not answer for all names.</summary>
    /// <exception cref="InvalidDataException">It is broken.</exception>
    public static DwarfResult? Read(
        byte[] bytes,
        ReadOnlySpan<byte> buildId,
        IReadOnlyList<string> structNames,
        IReadOnlyList<string> variableNames,
        SymbolLimits limits)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 8 });
            JsonElement root = document.RootElement;
            if (root.GetProperty("schema").GetString() != Schema
                || root.GetProperty("buildId").GetString() != Convert.ToHexStringLower(buildId))
            {
                return null;
            }

            Dictionary<string, StructLayout> structs = ReadStructs(root.GetProperty("structs"), limits);
            Dictionary<string, DwarfVariable> variables = ReadVariables(root.GetProperty("variables"));
            HashSet<string> missingStructs = ReadNames(root.GetProperty("missingStructs"));
            HashSet<string> missingVariables = ReadNames(root.GetProperty("missingVariables"));
            return structNames.All(n => structs.ContainsKey(n) || missingStructs.Contains(n))
                && variableNames.All(n => variables.ContainsKey(n) || missingVariables.Contains(n))
                ? new DwarfResult
                {
                    Status = DwarfStatus.Read,
                    Path = root.TryGetProperty("path", out JsonElement path) ? path.GetString() : null,
                    Structs = structs,
                    Variables = variables,
                }
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException($"bad layout cache: {e.Message}", e);
        }
    }

    private static void WriteNames(Utf8JsonWriter json, string name, IEnumerable<string> names)
    {
        json.WriteStartArray(name);
        foreach (string text in names)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static HashSet<string> ReadNames(JsonElement array) =>
        array.EnumerateArray().Select(e => Text(e)).ToHashSet(StringComparer.Ordinal);

    private static Dictionary<string, StructLayout> ReadStructs(JsonElement array, SymbolLimits limits)
    {
        var structs = new Dictionary<string, StructLayout>(StringComparer.Ordinal);
        foreach (JsonElement item in array.EnumerateArray())
        {
            string name = Text(item.GetProperty("name"));
            JsonElement list = item.GetProperty("members");
            if (list.GetArrayLength() > limits.MaxMembers)
            {
                throw new InvalidDataException($"bad layout cache: {name} has more than {limits.MaxMembers} members");
            }

            var members = new List<StructMember>();
            foreach (JsonElement member in list.EnumerateArray())
            {
                members.Add(new StructMember(
                    Text(member.GetProperty("name")),
                    member.GetProperty("offset").GetUInt64(),
                    member.GetProperty("size").GetUInt64(),
                    member.TryGetProperty("count", out JsonElement count) ? count.GetUInt64() : null));
            }

            structs[name] = new StructLayout(name, item.GetProperty("size").GetUInt64(), members);
        }

        return structs;
    }

    private static Dictionary<string, DwarfVariable> ReadVariables(JsonElement array)
    {
        var variables = new Dictionary<string, DwarfVariable>(StringComparer.Ordinal);
        foreach (JsonElement item in array.EnumerateArray())
        {
            string name = Text(item.GetProperty("name"));
            variables[name] = new DwarfVariable(
                name, item.GetProperty("threadLocal").GetBoolean(), item.GetProperty("value").GetUInt64(), item.GetProperty("size").GetUInt64());
        }

        return variables;
    }

    private static string Text(JsonElement element) => element.GetString() ?? throw new FormatException("null where a text belongs");
}
