import Basics
import Glibc
import Testing

extension RealProcesses {
    /// What one validation costs a release build, beside any noise of the machine. Takes a
    /// minute, and valgrind:
    ///
    ///     swift build -c release --product keyclave
    ///     KEYCLAVE_CALLGRIND=1 KEYCLAVE_BINARY=$PWD/.build/release/keyclave \
    ///         swift test --filter Instructions
    ///
    /// Each cost is the difference of two runs, of 1,000 and of 6,000 validations over one
    /// connection: what starting and stopping cost falls out.
    @Suite(.enabled(if: Program.variable("KEYCLAVE_CALLGRIND") != nil, "set KEYCLAVE_CALLGRIND"))
    struct Instructions {
        private static let few = 1_000
        private static let many = 6_000

        /// 10,468 were measured (2026-11-26), with a look at the poller for each, and 3,700 of them
        /// for SHA-256: valgrind knows no instructions for it.
        private static let most = 15_000

        private static let valgrind = "/usr/bin/valgrind"
        private static let strace = "/usr/bin/strace"

        @Test(.enabled(if: Files.exists(valgrind), "there is no valgrind"))
        func `a validation takes so many instructions`() throws {
            let way =
                "\(Self.valgrind) --tool=callgrind --separate-threads=yes --callgrind-out-file="
            let counts = try [Self.few, Self.many].map { count in
                try validate(count, under: way) { directory in
                    // Of all threads but the process's first, which validates nothing.
                    let files = Files.below(directory).filter {
                        $0.hasPrefix("cost-") && $0 != "cost-01"
                    }
                    #expect(files.count > 3)
                    return files.reduce(0) { $0 + Self.total(in: "\(directory)/\($1)") }
                }
            }
            let each = (counts[1] - counts[0]) / (Self.many - Self.few)
            print("\(each) instructions for each validation")
            #expect((1_000...Self.most).contains(each))
        }

        @Test(.enabled(if: Files.exists(strace), "there is no strace"))
        func `a validation asks the kernel for its socket's bytes and nothing else`() throws {
            let counts = try [Self.few, Self.many].map { count in
                try validate(count, under: "\(Self.strace) -D -f -c -o ") { directory in
                    try eventually("the table of calls") {
                        let calls = Self.calls(in: "\(directory)/cost")
                        return calls["total"] == nil ? nil : calls
                    }
                }
            }
            let validations = Self.many - Self.few
            let usual: Set = ["read", "write", "recvfrom", "sendto", "total"]
            for (name, count) in counts[1].sorted(by: { $0.key < $1.key }) {
                let more = count - (counts[0][name] ?? 0)
                if usual.contains(name) || name.hasPrefix("epoll_") {
                    print("\(name): \(more) calls for \(validations) validations")
                } else {
                    // What goes by the clock is called a little more often in the longer run.
                    #expect(more < validations / 10, "\(name)")
                }
            }
        }

        /// What `read` finds in the directory after so many validations by a node that ran under a
        /// tool, which writes to a file `cost` there.
        private func validate<Cost>(
            _ count: Int, under tool: String, _ read: (String) throws -> Cost
        ) throws -> Cost {
            let directory = try Files.makeTemporaryDirectory()
            defer { Files.remove(directory) }
            var shape = ClusterShape(nodeCount: 1)
            shape.settings["front_threads"] = "1"
            shape.program = directory + "/observed"
            let program = "'\(Program.path)' \"$@\""
            try Files.write(
                "#!/bin/sh\n[ \"$1\" = serve ] || exec \(program)\n"
                    + "exec \(tool)'\(directory)/cost' \(program)\n", to: shape.program)
            #expect(chmod(shape.program, 0o700) == 0)
            try TestCluster.run(shape) { cluster in
                let (_, key) = try Charges.spender(in: cluster)
                let node = cluster.nodes[0]
                let line = try Connection(port: node.httpPort, within: .seconds(300))
                let request = Request("GET", "/v1/auth?api=rest", token: key.text).bytes
                var buffer: [UInt8] = []
                for _ in 0..<count {
                    try line.send(request)
                    let answer = try HTTPClient.answer(on: line, buffer: &buffer)
                    guard answer.status == 200 else {
                        throw Unexpected(what: "a validation", answer: answer)
                    }
                }
                #expect(try node.terminate(within: .seconds(120)) == .exited(0))
            }
            return try read(directory)
        }

        /// The line `totals: N` of a thread's account.
        private static func total(in file: String) -> Int {
            let line = Files.text(of: file).split(separator: "\n").last { $0.hasPrefix("totals: ") }
            return line.flatMap { Int($0.dropFirst(8)) } ?? 0
        }

        /// Lines of `% time, seconds, µs a call, calls, [errors,] name`.
        private static func calls(in file: String) -> [String: Int] {
            Files.text(of: file).split(separator: "\n").reduce(into: [:]) { counts, line in
                let words = line.split(separator: " ")
                guard words.count > 3, let count = Int(words[3]) else { return }
                counts[String(words[words.count - 1]), default: 0] += count
            }
        }
    }
}
