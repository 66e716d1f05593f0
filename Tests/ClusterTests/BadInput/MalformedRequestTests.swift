import Basics
import Testing

extension RealProcesses {
    /// What the parser refuses, sent to a live node.
    @Suite struct Malformed {
        @Test func `malformed requests are refused, and what follows them isn't read`() throws {
            #expect(MalformedRequest.all.count >= 100)
            try TestCluster.run { cluster in
                let node = cluster.nodes[0]
                let before = try cluster.items("/v1/accounts")
                for request in MalformedRequest.all {
                    // A change in its wake: who reads on after an error is open to smuggling.
                    let smuggled = Request(
                        "POST", "/v1/accounts", token: cluster.operatorToken,
                        json: #"{"name": "smuggled"}"#)
                    let connection = try Connection(port: node.httpPort)
                    // The node may answer and close before it has read everything.
                    try? connection.send(request.bytes + smuggled.bytes)
                    connection.finishWriting()
                    let answer = try connection.receiveAll()
                    expectOneRefusal(answer, request.what)
                }
                #expect(node.isRunning && node.isReady)
                #expect(try cluster.items("/v1/accounts") == before)
                #expect(!node.log.contains("smuggled"))
            }
        }

        /// One answer with a status of 4xx or 5xx that closes the connection.
        private func expectOneRefusal(_ bytes: [UInt8], _ what: String) {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(
                text.hasPrefix("HTTP/1.1 4") || text.hasPrefix("HTTP/1.1 5"), "\(what): \(text)")
            let answers = text.matches(of: #/HTTP/1\.1 [0-9]{3} /#)
            #expect(answers.count == 1, "\(what): \(text)")
            #expect(text.lowercased().contains("connection: close"), "\(what): \(text)")
        }

        @Test func `a request is read the same in whatever pieces it arrives`() throws {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let key = try cluster.makeKey(of: tenant, user: user)
                let body = #"{"key": "\#(key.text)", "api": "rest"}"#
                let chunked =
                    "POST /v1/verify HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                    + "Content-Type: application/json\r\n\r\n"
                    + body.map { "1\r\n\($0)\r\n" }.joined() + "0\r\nX-Trailer: y\r\n\r\n"
                let plain = String(
                    decoding: Request("POST", "/v1/verify", json: body).bytes, as: UTF8.self)
                let auth = String(
                    decoding: Request("GET", "/v1/auth", token: key.text).bytes, as: UTF8.self)
                let connection = try Connection(port: cluster.nodes[0].httpPort)
                var buffer: [UInt8] = []
                for text in ["\r\n" + plain, chunked, plain] {
                    for byte in text.utf8 { try connection.send([byte]) }
                    let answer = try HTTPClient.answer(on: connection, buffer: &buffer)
                    #expect(answer.json["valid"] == .flag(true), "\(answer)")
                }
                // Pipelined: as many answers, in order.
                try connection.send(String(repeating: plain + auth + chunked, count: 20))
                for number in 0..<60 {
                    let answer = try HTTPClient.answer(on: connection, buffer: &buffer)
                    #expect(answer.status == 200 && answer.body.isEmpty == (number % 3 == 1))
                }
            }
        }

        @Test func `HTTP 1.0, HEAD, and a promise before the body are understood`() throws {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let port = cluster.nodes[0].httpPort
                let old = try Connection(port: port)
                try old.send("GET /livez HTTP/1.0\r\n\r\n")
                let answer = String(decoding: try old.receiveAll(), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
                let expecting = try Connection(port: port)
                try expecting.send(
                    "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
                let interim = try #require(try expecting.receive())
                #expect(String(decoding: interim, as: UTF8.self).hasPrefix("HTTP/1.1 100"))
                try expecting.send("{}")
                var buffer: [UInt8] = []
                let final = try HTTPClient.answer(on: expecting, buffer: &buffer)
                #expect(final.status == 400 && final.json["field"] == .text("key"), "\(final)")
                let head = try cluster.nodes[0].send(Request("HEAD", "/livez"))
                #expect(head.status == 200)
            }
        }

        @Test func `a client that doesn't finish its request is let go`() throws {
            var shape = ClusterShape(nodeCount: 1)
            shape.settings["head_deadline_ms"] = "200"
            shape.settings["idle_timeout_ms"] = "300"
            try TestCluster.run(shape) { cluster in
                let port = cluster.nodes[0].httpPort
                for part in ["", "GET /livez", "GET /livez HTTP/1.1\r\nHost: a\r\nX"] {
                    let connection = try Connection(port: port)
                    if !part.isEmpty { try connection.send(part) }
                    let answer = String(decoding: try connection.receiveAll(), as: UTF8.self)
                    #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 408"), "\(answer)")
                }
                #expect(cluster.nodes[0].isReady)
            }
        }
    }
}
