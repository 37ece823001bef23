using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PageAlloc.Tests.Support;

/// <summary>
/// A debuginfod server on this machine, which answers every request in one way and notes what was asked. It has a thread of its
/// own: those of the pool may all be waiting for other tests, for longer than a client waits for an answer.
/// </summary>
internal sealed class DebuginfodServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentQueue<TcpClient> _unanswered = new();
    private readonly Func<string, byte[]?>? _answer;
    private readonly Thread _work;
    private volatile bool _isOver;

    /// <summary>Starts a server.</summary>
    /// <param name="answer">What to answer to a path; null for "not found". Without it no request is ever answered.</param>
    public DebuginfodServer(Func<string, byte[]?>? answer)
    {
        _answer = answer;
        _listener.Start();
        Address = $"http://{_listener.LocalEndpoint}/";
        _work = new Thread(Serve);
        _work.Start();
    }

    public string Address { get; }

    public IReadOnlyCollection<string> Requests => _requests;

    public void Dispose()
    {
        _isOver = true;
        _listener.Stop();
        _work.Join();
        foreach (TcpClient client in _unanswered)
        {
            client.Dispose();
        }
    }

    private void Serve()
    {
        while (!_isOver)
        {
            try
            {
                TcpClient client = _listener.AcceptTcpClient();
                if (Answer(client))
                {
                    client.Dispose();
                }
                else
                {
                    _unanswered.Enqueue(client);
                }
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    // A request is a line "GET PATH HTTP/1.1", and headers up to an empty line.
    private bool Answer(TcpClient client)
    {
        NetworkStream stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        string path = reader.ReadLine()?.Split(' ')[1] ?? throw new IOException("no request");
        while (reader.ReadLine() is { Length: > 0 })
        {
        }

        _requests.Enqueue(path);
        if (_answer is null)
        {
            return false;
        }

        byte[]? bytes = _answer(path);
        string head = string.Create(
            CultureInfo.InvariantCulture, $"HTTP/1.1 {(bytes is null ? "404 Not Found" : "200 OK")}\r\nContent-Length: {bytes?.Length ?? 0}\r\nConnection: close\r\n\r\n");
        stream.Write(Encoding.ASCII.GetBytes(head));
        stream.Write(bytes ?? []);
        return true;
    }
}
