using System.Runtime.InteropServices;
using System.Text;
using static PageAlloc.Interop.LibDw;

namespace PageAlloc.Symbols;

/// <summary>
/// Reads types. libdw's own dwarf_aggregate_size and dwarf_peel_type follow a circle of typedefs for ever, so they are not used.
/// </summary>
internal sealed unsafe class DwarfTypeReader(ElfImage image)
{
    // source: DWARF 5, tables 7.3 and 7.5
    private const int DW_TAG_array_type = 0x01;
    private const int DW_TAG_class_type = 0x02;
    private const int DW_TAG_member = 0x0d;
    private const int DW_TAG_pointer_type = 0x0f;
    private const int DW_TAG_reference_type = 0x10;
    private const int DW_TAG_structure_type = 0x13;
    private const int DW_TAG_typedef = 0x16;
    private const int DW_TAG_union_type = 0x17;
    private const int DW_TAG_subrange_type = 0x21;
    private const int DW_TAG_const_type = 0x26;
    private const int DW_TAG_packed_type = 0x2d;
    private const int DW_TAG_volatile_type = 0x35;
    private const int DW_TAG_restrict_type = 0x37;
    private const int DW_TAG_atomic_type = 0x47;
    private const uint DW_AT_byte_size = 0x0b;
    private const uint DW_AT_upper_bound = 0x2f;
    private const uint DW_AT_count = 0x37;
    private const uint DW_AT_data_member_location = 0x38;
    private const uint DW_AT_declaration = 0x3c;
    private const uint DW_AT_external = 0x3f;
    private const uint DW_AT_type = 0x49;
    private const uint DW_AT_signature = 0x69;
    private const uint DW_AT_data_bit_offset = 0x6b;

    private int _entries;

    /// <summary>Counts an entry that is looked at.</summary>
    /// <exception cref="InvalidDataException">The cap is reached.</exception>
    public void Count()
    {
        if (++_entries > image.Limits.MaxEntries)
        {
            throw new InvalidDataException($"bad debug information: more than {image.Limits.MaxEntries} entries");
        }
    }

    /// <summary>The layout; null for a declaration without members, and for one that contradicts itself.</summary>
    public StructLayout? TryReadStruct(Dwarf_Die* die, string name)
    {
        Dwarf_Die definition = *die;
        if (!TryDefine(&definition) || !TryGetNumber(&definition, DW_AT_byte_size, out ulong size))
        {
            return null;
        }

        var members = new List<StructMember>();
        try
        {
            ReadMembers(&definition, 0, members, 0);
            return new StructLayout(name, size, members);
        }
        catch (InvalidDataException) when (_entries <= image.Limits.MaxEntries)
        {
            return null;
        }
    }

    /// <summary>The layout of the structure without a tag that a typedef names; null when it names anything else.</summary>
    public StructLayout? TryReadTypedef(Dwarf_Die* die, string name)
    {
        Dwarf_Die type = *die;
        return TryPeel(&type) && dwarf_tag(&type) is DW_TAG_structure_type or DW_TAG_union_type or DW_TAG_class_type
            ? TryReadStruct(&type, name)
            : null;
    }

    /// <summary>The size in bytes of the type that a variable or member has; 0 when not known.</summary>
    public ulong SizeOfTypeOf(Dwarf_Die* die)
    {
        Dwarf_Die type = *die;
        return TryGetType(&type) ? SizeOf(&type, 0, out _) : 0;
    }

    private void ReadMembers(Dwarf_Die* die, ulong offset, List<StructMember> members, int depth)
    {
        Dwarf_Die child;
        bool more = dwarf_child(die, &child) == 0;
        for (byte* last = die->addr; more && child.addr > last; more = dwarf_siblingof(&child, &child) == 0)
        {
            last = child.addr;
            Count();
            if (dwarf_tag(&child) != DW_TAG_member || Has(&child, DW_AT_external) || Has(&child, DW_AT_declaration))
            {
                continue;
            }

            ulong at = unchecked(offset + OffsetOf(&child));
            byte* name = dwarf_diename(&child);
            Dwarf_Die type = child;
            ulong? count = null;
            bool isTyped = TryGetType(&type);
            if (name != null)
            {
                ulong size = isTyped ? SizeOf(&type, 0, out count) : 0;
                string text = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
                members.Add(new StructMember(text, at, size, count));
                if (members.Count > image.Limits.MaxMembers)
                {
                    throw new InvalidDataException($"bad debug information: a structure with more than {image.Limits.MaxMembers} members");
                }
            }
            else if (isTyped && depth < image.Limits.MaxTypeDepth && TryPeel(&type)
                && dwarf_tag(&type) is DW_TAG_structure_type or DW_TAG_union_type or DW_TAG_class_type)
            {
                ReadMembers(&type, at, members, depth + 1);
            }
        }
    }

    private static ulong OffsetOf(Dwarf_Die* member)
    {
        Dwarf_Attribute attribute;
        if (TryGetNumber(member, DW_AT_data_bit_offset, out ulong bits))
        {
            return bits / 8;
        }

        // Members of a union need not say where they are. Before DWARF 4 a location is often an expression.
        return dwarf_attr(member, DW_AT_data_member_location, &attribute) == null ? 0
            : TryGetNumber(member, DW_AT_data_member_location, out ulong offset) || DwarfLocation.TryReadOffset(&attribute, out offset) ? offset
            : throw new InvalidDataException("bad debug information: a member whose place is not a number");
    }

    private ulong SizeOf(Dwarf_Die* type, int depth, out ulong? count)
    {
        count = null;
        if (depth > image.Limits.MaxTypeDepth || !TryPeel(type))
        {
            return 0;
        }

        Count();
        int tag = dwarf_tag(type);
        if (tag != DW_TAG_array_type)
        {
            return TryGetNumber(type, DW_AT_byte_size, out ulong size) ? size
                : tag is DW_TAG_pointer_type or DW_TAG_reference_type ? (ulong)image.PointerSize
                : 0;
        }

        ulong elements = CountOf(type);
        count = elements;
        Dwarf_Die element = *type;
        ulong elementSize = TryGetType(&element) ? SizeOf(&element, depth + 1, out ulong? inner) : 0;
        UInt128 bytes = (UInt128)elements * elementSize;
        return bytes <= ulong.MaxValue ? (ulong)bytes : ulong.MaxValue;
    }

    private ulong CountOf(Dwarf_Die* array)
    {
        UInt128 count = 1;
        Dwarf_Die child;
        bool more = dwarf_child(array, &child) == 0;
        for (byte* last = array->addr; more && child.addr > last; more = dwarf_siblingof(&child, &child) == 0)
        {
            last = child.addr;
            Count();
            if (dwarf_tag(&child) == DW_TAG_subrange_type)
            {
                // An upper bound of -1 is that of an array without elements.
                ulong length = TryGetNumber(&child, DW_AT_count, out ulong number) ? number
                    : TryGetNumber(&child, DW_AT_upper_bound, out number) ? unchecked(number + 1)
                    : 0;
                count = UInt128.Min(count, ulong.MaxValue) * length;
            }
        }

        return count <= ulong.MaxValue ? (ulong)count : ulong.MaxValue;
    }

    // From a stand-in to the definition in a unit of its own (-fdebug-types-section); false for a mere declaration.
    private static bool TryDefine(Dwarf_Die* type)
    {
        Dwarf_Attribute signature;
        Dwarf_Die definition;
        if (dwarf_attr(type, DW_AT_signature, &signature) != null)
        {
            if (dwarf_formref_die(&signature, &definition) == null)
            {
                return false;
            }

            *type = definition;
        }

        return !Has(type, DW_AT_declaration);
    }

    // Follows typedefs and qualifiers; false for void, for a declaration and for a circle.
    private bool TryPeel(Dwarf_Die* type)
    {
        for (int i = 0; i < image.Limits.MaxTypeDepth; i++)
        {
            if (dwarf_tag(type) is not (DW_TAG_typedef or DW_TAG_const_type or DW_TAG_packed_type or DW_TAG_volatile_type
                or DW_TAG_restrict_type or DW_TAG_atomic_type))
            {
                return TryDefine(type);
            }

            if (!TryGetType(type))
            {
                return false;
            }
        }

        return false;
    }

    private static bool TryGetType(Dwarf_Die* die)
    {
        Dwarf_Attribute attribute;
        Dwarf_Die type;
        if (dwarf_attr_integrate(die, DW_AT_type, &attribute) == null || dwarf_formref_die(&attribute, &type) == null)
        {
            return false;
        }

        *die = type;
        return true;
    }

    private static bool Has(Dwarf_Die* die, uint name)
    {
        Dwarf_Attribute attribute;
        return dwarf_attr(die, name, &attribute) != null;
    }

    private static bool TryGetNumber(Dwarf_Die* die, uint name, out ulong value)
    {
        Dwarf_Attribute attribute;
        ulong number = 0;
        bool found = dwarf_attr(die, name, &attribute) != null && dwarf_formudata(&attribute, &number) == 0;
        value = number;
        return found;
    }
}
