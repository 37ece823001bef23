namespace PageAlloc.Tests.Support;

/// <summary>How to start each real program so that it waits.</summary>
internal static class RealPrograms
{
    private const string RedisAlias = "redis-check-rdb";

    private static readonly Dictionary<string, Func<RealProgram>> ByName = new()
    {
        ["bash"] = () => StartScript("bash", "-c", ": > ready; read -r _"),
        ["sleep"] = () => RealProgram.Start("sleep", ["600"]),
        ["python3"] = () => StartScript(
            Installed("python3", "python3 is not installed"),
            "-c",
            "import json, re, sys; open('ready', 'w').close(); sys.stdin.read()"),
        ["node"] = () => StartScript(
            Installed("node", "node is not installed"),
            "-e",
            "require('fs').writeFileSync('ready', ''); process.stdin.resume()"),
        ["gcc"] = StartCompiler,
        ["dotnet"] = StartDotnet,
        ["redis-server"] = StartRedis,
        ["postgres"] = StartPostgres,
    };

    public static IReadOnlyCollection<string> Names => ByName.Keys;

    public static RealProgram Start(string name) => ByName[name]();

    private static string Installed(string program, string reason)
    {
        string? path = Launch.Find(program);
        Skips.Unless(path is not null, reason);
        return path;
    }

    // What PATH names may be a wrapper that starts others first, so the script itself says when it is there.
    private static RealProgram StartScript(string program, params string[] arguments) =>
        RealProgram.InFolder(folder => RealProgram.Start(
            program, arguments, folder, ready: () => File.Exists(Path.Combine(folder.Path, "ready"))));

    // The compiler proper, waiting for the rest of its source.
    private static RealProgram StartCompiler() =>
        RealProgram.Start(
            Launch.Run(Installed("gcc", "gcc is not installed"), "-print-prog-name=cc1").Trim(), ["-quiet", "-"]);

    // A .NET program that stands still: our own, which shows this process to a pipe that nobody empties.
    private static RealProgram StartDotnet() =>
        RealProgram.Start(
            Path.Combine(AppContext.BaseDirectory, "pagealloc"),
            [$"{Environment.ProcessId}", "--format", "json", "--runs"]);

    private static RealProgram StartRedis()
    {
        string program = Installed(RedisAlias, "redis is not installed");
        return RealProgram.InFolder(folder =>
        {
            string link = Path.Combine(folder.Path, "redis-server");
            File.CreateSymbolicLink(link, program);
            string socket = Path.Combine(folder.Path, "socket");
            return RealProgram.Start(
                link,
                ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder.Path],
                folder,
                endSignal: Signals.Terminate,
                ready: () => File.Exists(socket));
        });
    }

    // As the user without rights, because it refuses to run as root; reachable by its socket alone.
    private static RealProgram StartPostgres()
    {
        const string reason = "postgres is not installed";
        string server = Installed("postgres", reason), initdb = Installed("initdb", reason);
        Skips.Unless(Launch.IsRoot, "needs root");
        return RealProgram.InFolder(folder =>
        {
            string data = Path.Combine(folder.Path, "data");
            Launch.Run(
                "setpriv", $"--reuid={Launch.Nobody}", $"--regid={Launch.Nobody}", "--clear-groups",
                initdb, "-D", data, "-U", "test", "-A", "trust", "--no-sync", "--no-locale");
            return RealProgram.Start(
                server,
                ["-D", data, "-k", folder.Path, "-c", "listen_addresses=", "-c", "autovacuum=off"],
                folder,
                Launch.Nobody,
                Signals.Interrupt,
                ready: () => File.Exists(Path.Combine(folder.Path, ".s.PGSQL.5432")));
        });
    }
}
