namespace PageAlloc.Symbols;

/// <summary>One member of a structure.</summary>
/// <param name="Name">Its name. Members of a member that has none are members of the structure itself, as in C.</param>
/// <param name="Offset">Where it begins in the structure, in bytes; of a bit field where the byte with its first bit is.</param>
/// <param name="Size">Its size in bytes; 0 for an array without a length.</param>
/// <param name="Count">Elements of an array, of all dimensions together; null when it is no array.</param>
public readonly record struct StructMember(string Name, ulong Offset, ulong Size, ulong? Count);

/// <summary>The layout of a structure or union: where its members are.</summary>
public sealed class StructLayout
{
    private readonly Dictionary<string, StructMember> _members = new(StringComparer.Ordinal);

    /// <summary>Makes a layout.</summary>
    /// <param name="name">The tag; of a structure that has none the typedef's name.</param>
    /// <param name="size">The size in bytes.</param>
    /// <param name="members">The members, in the order of the declaration.</param>
    /// <exception cref="InvalidDataException">A member does not lie within the structure.</exception>
    public StructLayout(string name, ulong size, IReadOnlyList<StructMember> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        Name = name;
        Size = size;
        Members = members;
        foreach (StructMember member in members)
        {
            if (member.Offset > size || member.Size > size - member.Offset)
            {
                throw new InvalidDataException(
                    $"bad debug information: {name}.{member.Name} is {member.Size} bytes at {member.Offset}, beyond the structure's size of {size}");
            }

            _members.TryAdd(member.Name, member);
        }
    }

    /// <summary>The tag; of a structure that has none the typedef's name.</summary>
    public string Name { get; }

    /// <summary>The size in bytes.</summary>
    public ulong Size { get; }

    /// <summary>The members, in the order of the declaration.</summary>
    public IReadOnlyList<StructMember> Members { get; }

    /// <summary>Looks a member up.</summary>
    public bool TryGetMember(string name, out StructMember member) => _members.TryGetValue(name, out member);

    /// <summary>Looks up where a member begins, in bytes.</summary>
    public bool TryGetOffset(string name, out ulong offset)
    {
        bool found = _members.TryGetValue(name, out StructMember member);
        offset = member.Offset;
        return found;
    }
}
