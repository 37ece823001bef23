using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>Where packed blocks are: in memory, or in a snapshot.</summary>
internal interface IPackedPieces
{
    /// <summary>A piece, and how many of its bytes count; it holds until the next is asked for.</summary>
    (byte[] Bytes, int Length) PieceAt(int number);

    /// <summary>What is wrong with them, as an exception.</summary>
    Exception Damage(string what);
}

/// <summary>Packed blocks in a snapshot, decompressed piece by piece as they are asked for: memory does not follow their number.</summary>
internal sealed class SnapshotPieces(ISectionChunks chunks) : IPackedPieces
{
    // A walk by address may come back to a piece after a few others.
    private const int Slots = 16;

    private readonly (int Number, byte[] Bytes, int Length)[] _held = new (int, byte[], int)[Slots];

    public (byte[] Bytes, int Length) PieceAt(int number)
    {
        if ((uint)number >= (uint)chunks.Count)
        {
            throw Damage($"there is no chunk {number}, only {chunks.Count}");
        }

        ref (int Number, byte[] Bytes, int Length) slot = ref _held[number % Slots];
        if (slot.Bytes is null || slot.Number != number)
        {
            byte[] buffer = slot.Bytes ?? new byte[SnapshotFormat.ChunkSize];
            slot = (-1, buffer, 0);
            slot = (number, buffer, chunks.Read(number, buffer));
        }

        return (slot.Bytes, slot.Length);
    }

    public Exception Damage(string what) => chunks.Damage(what);
}
