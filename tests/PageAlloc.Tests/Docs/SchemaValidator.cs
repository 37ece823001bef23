using System.Text.Json.Nodes;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Docs;

/// <summary>the schemas in docs, as another implementation understands it: Python's jsonschema.</summary>
internal static class SchemaValidator
{
    private const string Script = """
        import json, sys
        from jsonschema import Draft202012Validator
        schema = json.load(open(sys.argv[1], encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        def first(document):
            error = next(validator.iter_errors(document), None)
            return "" if error is None else f"{error.json_path}: {error.message}"[:500]
        json.dump([first(d) for d in json.load(sys.stdin)], sys.stdout)
        """;

    // The distribution's Python has the distribution's packages; another one may come first in PATH.
    private static readonly Lazy<string?> s_python = new(() =>
        new[] { "/usr/bin/python3", Launch.Find("python3") }
            .FirstOrDefault(p => p is not null && File.Exists(p) && HasPackage(p)));

    public static string Schema { get; } = Path.Combine(Repository.Root, "docs", "pagealloc.schema.json");

    /// <summary>docs/pagealloc-diff.schema.json.</summary>
    public static string DiffSchema { get; } = Path.Combine(Repository.Root, "docs", "pagealloc-diff.schema.json");

    /// <summary>What is wrong with each document; empty when it is valid.</summary>
    public static string[] Check(params IEnumerable<JsonNode> documents) => CheckWith(Schema, documents);

    /// <summary>What is wrong with each document by another schema; empty when it is valid.</summary>
    public static string[] CheckWith(string schema, params IEnumerable<JsonNode> documents)
    {
        Skips.Unless(s_python.Value is not null, "python3-jsonschema is not installed");
        System.Diagnostics.Process python = Launch.Start(s_python.Value, ["-c", Script, schema]);
        python.StandardInput.Write($"[{string.Join(',', documents.Select(d => d.ToJsonString()))}]");
        CommandResult result = CommandRun.Finish(python);
        Assert.True(result.ExitCode == 0 && result.Error.Length == 0, result.ToString());
        return [.. JsonNode.Parse(result.Output)!.AsArray().Select(error => (string)error!)];
    }

    private static bool HasPackage(string python) =>
        CommandRun.Finish(Launch.Start(python, ["-c", "from jsonschema import Draft202012Validator"])).ExitCode == 0;
}
