namespace PageAlloc.Targets;

/// <summary>Neighbouring pages of which the same is known.</summary>
/// <param name="Range">Their addresses.</param>
/// <param name="Access">What came of reading them.</param>
internal readonly record struct ContentRange(AddressRange Range, PageAccess Access);

/// <summary>
/// The bytes of pages in a snapshot: ranges in address order with what came of reading them, and the bytes of those that
/// were read, one range behind another.
/// </summary>
internal static class ContentSections
{
    /// <summary>Reads memory and writes it.</summary>
    /// <param name="moment">Gets the sections.</param>
    /// <param name="memory">The memory.</param>
    /// <param name="ranges">What is to be read, and is <see cref="PageAccess.Data"/>, and what is known of the rest; in address order.</param>
    public static void Write(MomentWriter moment, IMemory memory, IEnumerable<ContentRange> ranges)
    {
        var known = new List<ContentRange>();
        moment.Add(SectionId.ContentBytes, w =>
        {
            var buffer = new byte[SnapshotFormat.ChunkSize];
            var access = new PageAccess[SnapshotFormat.ChunkSize / memory.PageSize];
            foreach (ContentRange range in ranges)
            {
                if (range.Access != PageAccess.Data)
                {
                    Add(known, range);
                    continue;
                }

                for (ulong at = range.Range.Start; at < range.Range.End; at += (ulong)buffer.Length)
                {
                    int length = (int)Math.Min((ulong)buffer.Length, range.Range.End - at);
                    memory.ReadPages(at, buffer.AsSpan(0, length), access);
                    for (int page = 0; page < length / memory.PageSize; page++)
                    {
                        ulong start = at + (ulong)(page * memory.PageSize);
                        Add(known, new ContentRange(new AddressRange(start, start + (ulong)memory.PageSize), access[page]));
                        if (access[page] == PageAccess.Data)
                        {
                            w.Raw(buffer.AsSpan(page * memory.PageSize, memory.PageSize));
                        }
                    }
                }
            }
        });
        moment.Add(SectionId.Contents, w => Write(w, known));
    }

    /// <summary>The ranges; null when the snapshot has no contents.</summary>
    public static List<ContentRange>? Read(ISections sections, int pageSize)
    {
        if (sections.TryOpen(SectionId.Contents) is not { } r)
        {
            return null;
        }

        ulong end = 0;
        return r.List(3, () =>
        {
            ulong start = end + r.Number();
            ulong length = r.Number();
            if (start < end || length == 0 || length > ulong.MaxValue - start || (start | length) % (ulong)pageSize != 0)
            {
                throw r.Damage($"a range of {length} bytes from 0x{start:x}");
            }

            end = start + length;
            return new ContentRange(new AddressRange(start, end), (PageAccess)r.Choice((int)PageAccess.Swapped + 1));
        });
    }

    private static void Add(List<ContentRange> known, ContentRange range)
    {
        if (known.Count != 0 && known[^1] is var last && last.Access == range.Access && last.Range.End == range.Range.Start)
        {
            known[^1] = last with { Range = new AddressRange(last.Range.Start, range.Range.End) };
        }
        else
        {
            known.Add(range);
        }
    }

    private static void Write(SectionWriter w, List<ContentRange> ranges)
    {
        ulong end = 0;
        w.List(ranges, range =>
        {
            w.Number(range.Range.Start - end);
            w.Number(range.Range.Length);
            w.Number((int)range.Access);
            end = range.Range.End;
        });
    }
}
