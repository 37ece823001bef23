using System.CommandLine;

namespace PageAlloc.Cli.Commands;

/// <summary>What stands at the end of the help of each command.</summary>
internal static class Examples
{
    private const string Map = """
        Examples:
          pagealloc $$                        the pages and the heap of this shell
          pagealloc bash --filter heap        only its heap
          pagealloc 1234 --show summary       only the tables
          pagealloc 1234 --scale fit | less   a large process at a glance, in letters
          pagealloc 1234 --format json | jq '[.mappings[].pages.swapped] | add'

        Exit codes: 0 done, 4 shown but not whole, 2 usage, 3 target can't be opened or output not written, 70 a bug.
        """;

    private const string Summary = """
        Examples:
          pagealloc summary 1234                        what its memory is, on one screen
          pagealloc summary postgres --freeze           of one moment
          pagealloc summary 1234 --format json | jq '.ledger.lines[] | select(.residentBytes > 0)'
          pagealloc summary 1234 --format prometheus > /var/lib/node_exporter/pagealloc.prom
        """;

    private const string Ps = """
        Examples:
          pagealloc ps                                  the 20 processes with most free heap memory in RAM
          pagealloc ps --format json --limit 0 | jq '[.processes[].trimmableBytes // 0] | add'
          pagealloc ps --format prometheus > /var/lib/node_exporter/pagealloc.prom
        """;

    private const string Check = """
        Examples:
          pagealloc check 1234                          exit code 1 when its heap is damaged
          pagealloc check 1234 --max-trimmable 100M --max-fragmentation 40%
          pagealloc check postgres --max-rss 2G --format json

        Exit codes: 0 all is well, 1 a limit is exceeded or the heap is damaged, 4 not all could be read, 2 usage, 3 target can't be opened.
        """;

    private const string Blocks = """
        Examples:
          pagealloc blocks 1234 --min-size 1M                      the large blocks
          pagealloc blocks 1234 --state small,large                what is free in bins
          pagealloc blocks 1234 --format csv | cut -d, -f2 | sort -n | uniq -c    sizes by number
        """;

    private const string WhatIs = """
        Examples:
          pagealloc whatis 1234 0x55d0c1234560
          pagealloc whatis postgres 7ffd76052010 --format json
        """;

    private const string Record = """
        Examples:
          pagealloc record 1234 -o now.snap                        one moment; then: pagealloc now.snap
          pagealloc record 1234 -o night.snap --every 10m          till ^C, or till it ends
          pagealloc summary night.snap@3                           the third moment
          pagealloc record postgres -o all.snap --contents --freeze    with all that it knows

        Exit codes: 0 done, 4 recorded but not whole, 2 usage, 3 target can't be opened or file not written.
        """;

    private const string Diff = """
        Examples:
          pagealloc diff before.snap 1234               what changed since it was recorded
          pagealloc diff night.snap                     what grew steadily over the moments of that file
          pagealloc diff core.1 core.2 --all            two core files of one process
          pagealloc diff 1234 1290                      a forked child against its parent
          pagealloc diff 1234 1234 --show summary,map   what came and went while 1234 was read twice
          pagealloc diff 1234 1290 --format json | jq '.blocks.bySize[] | select(.new.bytes > .old.bytes)'
        """;

    /// <summary>The examples of a command; null when it has none.</summary>
    public static string? Of(Command command) => command switch
    {
        RootCommand => Map,
        { Name: "summary" } => Summary,
        { Name: "ps" } => Ps,
        { Name: "check" } => Check,
        { Name: "blocks" } => Blocks,
        { Name: "whatis" } => WhatIs,
        { Name: "record" } => Record,
        { Name: "diff" } => Diff,
        _ => null,
    };
}
