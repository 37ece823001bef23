namespace PageAlloc.Targets;

/// <summary>The chunks of a section.</summary>
internal interface ISectionChunks
{
    /// <summary>How many there are. None is empty.</summary>
    int Count { get; }

    /// <summary>The bytes of all of them, before compression.</summary>
    ulong Length { get; }

    /// <summary>Reads a chunk; returns its bytes.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="buffer">Gets it: at least <see cref="SnapshotFormat.ChunkSize"/> long.</param>
    /// <exception cref="TargetException">It is damaged.</exception>
    int Read(int index, byte[] buffer);

    /// <summary>What is wrong with the section, as an exception.</summary>
    TargetException Damage(string what);
}
