using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PageAlloc.Tests.Support;

/// <summary>A debuginfod server on this machine, which answers every request in one way and notes what was asked.</summary>
internal sealed class DebuginfodServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly Func<string, byte[]?>? _answer;
    private readonly Task _work;

    /// <summary>Starts a server.</summary>
    /// <param name="answer">What to answer to a path; null for "not found". Without it no request is ever answered.</param>
    public DebuginfodServer(Func<string, byte[]?>? answer)
    {
        _answer = answer;
        Address = $"http://127.0.0.1:{FreePort()}/";
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _work = Task.Run(Serve);
    }

    public string Address { get; }

    public IReadOnlyCollection<string> Requests => _requests;

    public void Dispose()
    {
        _end.Cancel();
        _listener.Close();
        _work.GetAwaiter().GetResult();
        _end.Dispose();
    }

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private void Serve()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                HttpListenerContext context = _listener.GetContext();
                string path = context.Request.Url!.AbsolutePath;
                _requests.Enqueue(path);
                if (_answer is null)
                {
                    continue;
                }

                byte[]? bytes = _answer(path);
                context.Response.StatusCode = bytes is null ? 404 : 200;
                context.Response.ContentLength64 = bytes?.Length ?? 0;
                context.Response.OutputStream.Write(bytes ?? []);
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or InvalidOperationException or IOException)
            {
                // The client went away, or the test is over.
            }
        }
    }
}
