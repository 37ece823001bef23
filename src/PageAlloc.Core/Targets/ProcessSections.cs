namespace PageAlloc.Targets;

/// <summary>What the kernel tells of a process beside its memory, in a snapshot: its own sums, the threads, the control group.</summary>
internal static class ProcessSections
{
    public static void Write(MomentWriter moment, MemoryStatus? status, IReadOnlyList<ThreadName>? threads, CgroupMemory? cgroup)
    {
        if (status is not null)
        {
            moment.Add(SectionId.Status, w =>
            {
                w.Number(status.Resident);
                w.Number(status.Swapped);
                w.Number(status.PageTables);
                w.Number(status.Locked);
            });
        }

        if (threads is not null)
        {
            moment.Add(SectionId.Threads, w => w.List(threads, thread =>
            {
                w.Number(thread.Tid);
                w.Optional(thread.Name);
            }));
        }

        if (cgroup is not null)
        {
            moment.Add(SectionId.Cgroup, w => Write(w, cgroup));
        }
    }

    public static MemoryStatus? ReadStatus(ISections sections) =>
        sections.TryOpen(SectionId.Status) is { } r ? new MemoryStatus(r.Number(), r.Number(), r.Number(), r.Number()) : null;

    public static IReadOnlyList<ThreadName>? ReadThreads(ISections sections) =>
        sections.TryOpen(SectionId.Threads) is { } r ? r.List(2, () => new ThreadName(r.Number(int.MaxValue), r.OptionalBytes())) : null;

    public static CgroupMemory? ReadCgroup(ISections sections) => sections.TryOpen(SectionId.Cgroup) is { } r
        ? new CgroupMemory
        {
            Version = r.Number(2),
            Path = r.Text(),
            Current = r.Number(),
            Limit = r.OptionalNumber(),
            Anonymous = r.OptionalNumber(),
            File = r.OptionalNumber(),
            Kernel = r.OptionalNumber(),
            Swap = r.OptionalNumber(),
            Processes = r.Bool() ? r.Number(int.MaxValue) : null,
        }
        : null;

    private static void Write(SectionWriter w, CgroupMemory cgroup)
    {
        w.Number(cgroup.Version);
        w.Text(cgroup.Path);
        w.Number(cgroup.Current);
        foreach (ulong? bytes in new[] { cgroup.Limit, cgroup.Anonymous, cgroup.File, cgroup.Kernel, cgroup.Swap })
        {
            w.Optional(bytes);
        }

        w.Optional((ulong?)cgroup.Processes);
    }
}
