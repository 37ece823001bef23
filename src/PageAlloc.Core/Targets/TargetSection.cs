namespace PageAlloc.Targets;

/// <summary><see cref="TargetInfo"/> in a snapshot.</summary>
internal static class TargetSection
{
    private const int MaxPageSize = 1 << 20;

    public static void Write(MomentWriter moment, TargetInfo info) => moment.Add(SectionId.Target, w =>
    {
        w.Number(info.Pid);
        w.Bytes(info.Command.Span);
        w.Bool(info.Arguments is not null);
        if (info.Arguments is { } arguments)
        {
            w.List([.. arguments], argument => w.Bytes(argument.Span));
        }

        w.Optional(info.Executable);
        w.Optional(info.Pause is { } pause ? (ulong)pause.Ticks : null);
        w.Number(info.PageSize);
        w.Number(info.PointerSize);
    });

    public static TargetInfo Read(SectionReader r) => new()
    {
        Kind = TargetKind.Snapshot,
        Pid = r.Number(int.MaxValue),
        Command = r.Bytes(),
        Arguments = r.Bool() ? r.List<ReadOnlyMemory<byte>>(1, () => r.Bytes()) : null,
        Executable = r.OptionalBytes(),
        Pause = r.OptionalNumber() is { } ticks ? TimeSpan.FromTicks((long)Math.Min(ticks, (ulong)TimeSpan.MaxValue.Ticks)) : null,
        PageSize = r.Number(MaxPageSize) is var page && page >= 512 && int.IsPow2(page) ? page : throw r.Damage($"a page of {page} bytes"),
        PointerSize = r.Number(8) is var pointer && pointer is 0 or 4 or 8 ? pointer : throw r.Damage($"a pointer of {pointer} bytes"),
    };
}
