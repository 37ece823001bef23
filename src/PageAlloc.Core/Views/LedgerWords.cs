using System.Text.Json;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>What the lines of a ledger are called.</summary>
internal static class LedgerWords
{
    /// <summary>In a table for people.</summary>
    public static string Label(LedgerKind kind) => kind switch
    {
        LedgerKind.HeapUsed => "heap, used",
        LedgerKind.HeapTrimmable => "heap, free: malloc_trim returns it",
        LedgerKind.HeapPinned => "heap, free: among used blocks",
        LedgerKind.HeapTop => "heap, free: at the end of arenas",
        LedgerKind.HeapTcache => "heap, free: in thread caches",
        LedgerKind.HeapOverhead => "heap, malloc's own",
        LedgerKind.HeapUnknown => "heap, not known",
        LedgerKind.HeapMmapped => "heap, large blocks (mmap)",
        LedgerKind.MainStack => "stack of the main thread",
        LedgerKind.ThreadStacks => "stacks of other threads",
        LedgerKind.Code => "code",
        LedgerKind.Data => "data of program and libraries",
        LedgerKind.Files => "other mapped files",
        LedgerKind.SharedMemory => "shared memory",
        LedgerKind.Jit => "code made at run time (JIT)",
        LedgerKind.Anonymous => "other private memory",
        _ => "kernel and devices",
    };

    /// <summary>In JSON: <c>heapUsed</c>.</summary>
    public static string Id(LedgerKind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());

    /// <summary>As a label of a metric: <c>heap_used</c>.</summary>
    public static string Metric(LedgerKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
}
