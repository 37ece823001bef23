using System.Buffers.Binary;
using static PageAlloc.Interop.LibDw;

namespace PageAlloc.Symbols;

/// <summary>Location expressions of the few forms that static variables and members have. source: DWARF 5, section 7.7.1</summary>
internal static unsafe class DwarfLocation
{
    private const uint DW_AT_location = 0x02;
    private const byte DW_OP_addr = 0x03;
    private const byte DW_OP_const1u = 0x08;
    private const byte DW_OP_const2u = 0x0a;
    private const byte DW_OP_const4u = 0x0c;
    private const byte DW_OP_const4s = 0x0d;
    private const byte DW_OP_const8u = 0x0e;
    private const byte DW_OP_const8s = 0x0f;
    private const byte DW_OP_constu = 0x10;
    private const byte DW_OP_plus_uconst = 0x23;
    private const byte DW_OP_form_tls_address = 0x9b;
    private const byte DW_OP_addrx = 0xa1;
    private const byte DW_OP_constx = 0xa2;
    private const byte DW_OP_GNU_push_tls_address = 0xe0;
    private const byte DW_OP_GNU_addr_index = 0xfb;
    private const byte DW_OP_GNU_const_index = 0xfc;

    /// <summary>Where a static variable is; false for any other, and for a declaration.</summary>
    public static bool TryRead(Dwarf_Die* variable, int pointerSize, out ulong value, out bool isThreadLocal)
    {
        value = 0;
        isThreadLocal = false;
        Dwarf_Attribute attribute;
        Dwarf_Block block;
        if (dwarf_attr(variable, DW_AT_location, &attribute) == null || dwarf_formblock(&attribute, &block) != 0
            || block.length is 0 or > int.MaxValue)
        {
            return false;
        }

        var expression = new ReadOnlySpan<byte>(block.data, (int)block.length);
        byte operation = expression[0];
        expression = expression[1..];
        bool isAddress = operation is DW_OP_addr or DW_OP_addrx or DW_OP_GNU_addr_index;
        bool known = operation switch
        {
            DW_OP_addr => TryTake(ref expression, pointerSize, out value),
            DW_OP_const1u => TryTake(ref expression, 1, out value),
            DW_OP_const2u => TryTake(ref expression, 2, out value),
            DW_OP_const4u or DW_OP_const4s => TryTake(ref expression, 4, out value),
            DW_OP_const8u or DW_OP_const8s => TryTake(ref expression, 8, out value),
            DW_OP_constu => TryTakeUleb(ref expression, out value),
            DW_OP_addrx or DW_OP_constx or DW_OP_GNU_addr_index or DW_OP_GNU_const_index =>
                TryTakeUleb(ref expression, out _) && TryReadIndexed(&attribute, isAddress, out value),
            _ => false,
        };
        if (!known)
        {
            return false;
        }

        if (!isAddress)
        {
            isThreadLocal = expression.Length == 1 && expression[0] is DW_OP_form_tls_address or DW_OP_GNU_push_tls_address;
            return isThreadLocal;
        }

        // A compiler that merges variables says where in the merged one each is; some TLS offsets are written as addresses.
        if (expression.Length > 1 && expression[0] == DW_OP_plus_uconst)
        {
            expression = expression[1..];
            bool isMore = TryTakeUleb(ref expression, out ulong more);
            value = unchecked(value + more);
            return isMore && expression.IsEmpty;
        }

        isThreadLocal = expression.Length == 1 && expression[0] is DW_OP_form_tls_address or DW_OP_GNU_push_tls_address;
        return isThreadLocal || expression.IsEmpty;
    }

    /// <summary>The offset of a member as DWARF 2 and 3 have it: an expression that adds a number.</summary>
    public static bool TryReadOffset(Dwarf_Attribute* attribute, out ulong offset)
    {
        offset = 0;
        Dwarf_Block block;
        if (dwarf_formblock(attribute, &block) != 0 || block.length is < 2 or > 16)
        {
            return false;
        }

        var expression = new ReadOnlySpan<byte>(block.data, (int)block.length);
        bool isSum = expression[0] is DW_OP_plus_uconst or DW_OP_constu;
        expression = expression[1..];
        return isSum && TryTakeUleb(ref expression, out offset) && expression.IsEmpty;
    }

    // The value stands in .debug_addr, which libdw finds.
    private static bool TryReadIndexed(Dwarf_Attribute* attribute, bool isAddress, out ulong value)
    {
        Dwarf_Op* operations;
        nuint count;
        Dwarf_Attribute entry;
        ulong number = 0;
        bool known = dwarf_getlocation(attribute, &operations, &count) == 0 && count != 0
            && dwarf_getlocation_attr(attribute, operations, &entry) == 0
            && (isAddress ? dwarf_formaddr(&entry, &number) : dwarf_formudata(&entry, &number)) == 0;
        value = number;
        return known;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> bytes, int size, out ulong value)
    {
        value = 0;
        if (bytes.Length < size)
        {
            return false;
        }

        value = size switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        };
        bytes = bytes[size..];
        return true;
    }

    private static bool TryTakeUleb(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= unchecked((ulong)(bytes[i] & 0x7f) << (7 * i));
            if ((bytes[i] & 0x80) == 0)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
