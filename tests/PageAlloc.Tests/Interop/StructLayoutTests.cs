using System.Reflection;
using System.Runtime.InteropServices;
using PageAlloc.Cli;
using PageAlloc.Interop;

namespace PageAlloc.Tests.Interop;

/// <summary>Every structure that is handed to the kernel or to libc, field by field against the C compiler's.</summary>
public sealed class StructLayoutTests
{
    // Structures are named as in C, in small letters, with _t behind where the name would clash.
    private static readonly Type[] Structs =
    [
        .. from assembly in new[] { typeof(LibC).Assembly, typeof(ExitCode).Assembly }
           from type in assembly.GetTypes()
           where type.IsValueType && char.IsAsciiLetterLower(type.Name[0])
           select type,
    ];

    // Of these only the first members are declared, and more room is given than C needs.
    private static readonly string[] Roomy = ["sysinfo_t"];

    // Members of an array have names of their own in C#.
    private static readonly Dictionary<string, string> Spelled = new() { ["load1"] = "loads[0]", ["load5"] = "loads[1]", ["load15"] = "loads[2]" };

    public static TheoryData<string> Names => [.. Structs.Select(s => s.Name)];

    [Fact]
    public void The_structures_handed_to_the_kernel_are_found() => Assert.Superset(
        new HashSet<string> { "statx_t", "pm_scan_arg", "page_region", "procmap_query", "sysinfo_t", "winsize_t" },
        Structs.Select(s => s.Name).ToHashSet());

    [Theory]
    [MemberData(nameof(Names))]
    public void A_structure_is_laid_out_as_in_C(string name)
    {
        Type type = Structs.Single(s => s.Name == name);
        string c = "struct " + (name.EndsWith("_t", StringComparison.Ordinal) ? name[..^2] : name);
        var assertions = new List<string> { $"sizeof({c}) {(Roomy.Contains(name) ? "<=" : "==")} {Marshal.SizeOf(type)}" };
        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            string member = Spelled.GetValueOrDefault(field.Name, field.Name);
            assertions.Add($"offsetof({c}, {member}) == {Marshal.OffsetOf(type, field.Name)}");
            assertions.Add($"SIZE({c}, {member}) == {Marshal.SizeOf(field.FieldType)}");
        }

        CCompiler.AssertHold(assertions);
    }

    [Theory]
    [InlineData("offsetof(struct pm_scan_arg, vec) == 48")]
    [InlineData("sizeof(struct procmap_query) == 112")]
    [InlineData("offsetof(struct statx, no_such_member) == 0")]
    public void A_wrong_layout_would_be_refuted(string assertion) => Assert.NotEqual("", CCompiler.Refute([assertion]));
}
