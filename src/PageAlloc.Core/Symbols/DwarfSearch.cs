using System.Runtime.InteropServices;
using System.Text;
using static PageAlloc.Interop.LibDw;

namespace PageAlloc.Symbols;

/// <summary>One search through the units of a debug file. The preferred unit comes first, with the partial units that it imports.</summary>
internal sealed unsafe class DwarfSearch(
    IReadOnlyList<string> structNames, IReadOnlyList<string> variableNames, string? preferredUnit, ElfImage image)
{
    // source: DWARF 5, table 7.3
    private const int DW_TAG_class_type = 0x02;
    private const int DW_TAG_structure_type = 0x13;
    private const int DW_TAG_typedef = 0x16;
    private const int DW_TAG_union_type = 0x17;
    private const int DW_TAG_variable = 0x34;
    private const int DW_TAG_imported_unit = 0x3d;
    private const uint DW_AT_import = 0x18;

    private readonly SymbolLimits _limits = image.Limits;
    private readonly DwarfTypeReader _types = new(image);
    private readonly Dictionary<string, StructLayout> _structs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StructLayout> _typedefs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DwarfVariable> _variables = new(StringComparer.Ordinal);
    private readonly List<(string Name, byte[] Bytes)> _wantedStructs = Wanted(structNames);
    private readonly List<(string Name, byte[] Bytes)> _wantedVariables = Wanted(variableNames);
    private readonly HashSet<nint> _visited = [];
    private readonly byte[] _preferred = Encoding.UTF8.GetBytes(preferredUnit ?? "");

    private bool IsDone => _structs.Count == _wantedStructs.Count && _variables.Count == _wantedVariables.Count;

    public DwarfResult Run(void* dwarf, void* alternate)
    {
        if (_preferred.Length != 0)
        {
            VisitUnits(dwarf, onlyPreferred: true);
            TakeTypedefs();
        }

        VisitUnits(dwarf, onlyPreferred: false);
        if (alternate != null)
        {
            VisitUnits(alternate, onlyPreferred: false);
        }

        TakeTypedefs();
        return new DwarfResult { Status = DwarfStatus.Read, Path = image.Path, Structs = _structs, Variables = _variables };
    }

    // A tag wins over a typedef of the same name; within the preferred unit both win over others.
    private void TakeTypedefs()
    {
        foreach ((string name, StructLayout layout) in _typedefs)
        {
            _structs.TryAdd(name, layout);
        }
    }

    private static List<(string, byte[])> Wanted(IReadOnlyList<string> names) =>
        [.. names.Distinct(StringComparer.Ordinal).Select(n => (n, Encoding.UTF8.GetBytes(n)))];

    private void VisitUnits(void* dwarf, bool onlyPreferred)
    {
        void* unit = null;
        for (int i = 0; i < _limits.MaxUnits && !IsDone; i++)
        {
            Dwarf_Die die, subdie;
            void* next;
            ushort version;
            byte type;

            // A unit that can't be read ends the list: where the next one begins is not known.
            if (dwarf_get_units(dwarf, unit, &next, &version, &type, &die, &subdie) != 0)
            {
                break;
            }

            unit = next;
            if (!onlyPreferred || IsPreferred(&die))
            {
                VisitUnit(&die, 0);
            }
        }
    }

    private bool IsPreferred(Dwarf_Die* die)
    {
        ReadOnlySpan<byte> name = NameOf(die);
        return name[(name.LastIndexOf((byte)'/') + 1)..].SequenceEqual(_preferred);
    }

    private void VisitUnit(Dwarf_Die* unit, int depth)
    {
        Dwarf_Die die;
        if (depth > _limits.MaxTypeDepth || !_visited.Add((nint)unit->addr) || dwarf_child(unit, &die) != 0)
        {
            return;
        }

        bool more = true;
        for (byte* last = unit->addr; more && !IsDone && die.addr > last; more = dwarf_siblingof(&die, &die) == 0)
        {
            last = die.addr;
            _types.Count();
            switch (dwarf_tag(&die))
            {
                case DW_TAG_structure_type or DW_TAG_union_type or DW_TAG_class_type:
                    VisitStruct(&die);
                    break;
                case DW_TAG_typedef:
                    VisitTypedef(&die);
                    break;
                case DW_TAG_variable:
                    VisitVariable(&die);
                    break;
                case DW_TAG_imported_unit:
                    Dwarf_Attribute import;
                    Dwarf_Die imported;
                    if (dwarf_attr(&die, DW_AT_import, &import) != null && dwarf_formref_die(&import, &imported) != null)
                    {
                        VisitUnit(&imported, depth + 1);
                    }

                    break;
            }
        }
    }

    private void VisitStruct(Dwarf_Die* die)
    {
        if (Find(_wantedStructs, die) is { } name && !_structs.ContainsKey(name) && _types.TryReadStruct(die, name) is { } layout)
        {
            _structs.Add(name, layout);
        }
    }

    private void VisitTypedef(Dwarf_Die* die)
    {
        if (Find(_wantedStructs, die) is { } name && !_structs.ContainsKey(name) && !_typedefs.ContainsKey(name)
            && _types.TryReadTypedef(die, name) is { } layout)
        {
            _typedefs.Add(name, layout);
        }
    }

    private void VisitVariable(Dwarf_Die* die)
    {
        if (_wantedVariables.Count != 0 && Find(_wantedVariables, die) is { } name && !_variables.ContainsKey(name)
            && DwarfLocation.TryRead(die, image.PointerSize, out ulong value, out bool isThreadLocal))
        {
            _variables.Add(name, new DwarfVariable(name, isThreadLocal, value, _types.SizeOfTypeOf(die)));
        }
    }

    private static string? Find(List<(string Name, byte[] Bytes)> wanted, Dwarf_Die* die)
    {
        ReadOnlySpan<byte> name = NameOf(die);
        foreach ((string text, byte[] bytes) in wanted)
        {
            if (name.SequenceEqual(bytes))
            {
                return text;
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> NameOf(Dwarf_Die* die) => MemoryMarshal.CreateReadOnlySpanFromNullTerminated(dwarf_diename(die));
}
