import Foundation

/// One worker that answers 200 to everything: the least that an HTTP server can do.
final class Nginx: Contender {
    private let directory: String
    private let port: UInt16
    private let server: ServerProcess

    init(in directory: String) throws {
        self.directory = directory
        port = try Loopback.freePorts(1)[0]
        server = ServerProcess(
            [
                try Tools.path(of: "nginx"), "-p", directory, "-c", directory + "/nginx.conf",
                "-e", directory + "/error.log",
            ], log: directory + "/log")
    }

    var pid: Int32 { server.pid }
    var url: String { "http://\(Loopback.host):\(port)" }

    func start() throws {
        try configuration.write(
            toFile: directory + "/nginx.conf", atomically: false, encoding: .utf8)
        try server.start()
        try Patience.wait(for: "the start of nginx") {
            try server.check()
            return Loopback.listens(at: port) ? () : nil
        }
    }

    func stop() { server.stop() }

    private var configuration: String {
        // Or it would make these where root's nginx has them.
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(directory)/\($0);" }.joined(separator: "\n    ")
        return """
            daemon off;
            worker_processes 1;
            pid \(directory)/pid;
            error_log \(directory)/error.log;
            events { worker_connections 4096; }
            http {
                access_log off;
                \(temporary)
                keepalive_requests 1000000000;
                keepalive_timeout 600s;
                server {
                    listen \(Loopback.host):\(port);
                    location / { return 200 "ok"; }
                }
            }

            """
    }

    static func version() throws -> String {
        let said = try Command.run([try Tools.path(of: "nginx"), "-v"]).messages
        return String(said.end.split(separator: "/").last ?? "")
    }
}
