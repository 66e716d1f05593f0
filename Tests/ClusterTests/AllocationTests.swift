import Basics
import Glibc
import Linux
import Testing

extension RealProcesses {
    /// A validation is answered without allocation: as many calls of malloc for 11,000 requests
    /// as for 1,000. That is the optimiser's work too, so only a release build is judged:
    ///
    ///     swift build -c release --product keyclave
    ///     KEYCLAVE_BINARY=$PWD/.build/release/keyclave swift test --filter Allocations
    @Suite struct Allocations {
        static let isRelease = Program.path.contains("/release/")

        @Test(.enabled(if: isRelease, "KEYCLAVE_BINARY names no release build"))
        func `eleven thousand validations allocate as often as one thousand`() throws {
            let directory = try Files.makeTemporaryDirectory()
            defer { Files.remove(directory) }
            let counter = try AllocationCounter(directory: directory)
            var shape = ClusterShape(nodeCount: 1)
            shape.settings["front_threads"] = "1"
            shape.environment = counter.environment
            try TestCluster.run(shape) { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                try cluster.setLimit(of: user, in: tenant, credits: 1_000_000, period: "month")
                let key = try cluster.makeKey(of: tenant, user: user)
                let unknown = "kc_rest_" + String(repeating: "0", count: 36)
                let requests = [
                    Request("GET", "/v1/auth?api=rest", token: key.text),
                    Request("GET", "/v1/auth?api=rest&cost=5").with("api-key", key.text),
                    Request("GET", "/v1/auth", token: unknown),
                    Request("GET", "/v1/auth?api=rest&deny=403&to=/a?b=c", token: key.text),
                    Request("GET", "/v1/auth?deny=403", token: unknown),
                    Request("POST", "/v1/verify", json: #"{"key": "\#(key.text)", "cost": 1}"#),
                    Request("POST", "/v1/verify", json: #"{"key": "\#(unknown)"}"#),
                ]
                let node = cluster.nodes[0]
                for request in requests {
                    // Buffers of the thread grow to what such answers need.
                    try send(request, 10, to: node)
                    let few = try counter.calls(during: { try send(request, 1_000, to: node) })
                    let many = try counter.calls(during: { try send(request, 11_000, to: node) })
                    #expect(many == few, "\(request.method) \(request.path)")
                    // A connection costs something, so the counter does count.
                    #expect(few > 0)
                }
            }
        }

        /// Sends it so often on one connection, ten at a time, and reads all the answers.
        private func send(_ request: Request, _ count: Int, to node: TestNode) throws {
            let connection = try Connection(port: node.httpPort, within: .seconds(120))
            let ten = [[UInt8]](repeating: request.bytes, count: 10).flatMap { $0 }
            var buffer: [UInt8] = []
            for _ in 0..<count / 10 {
                try connection.send(ten)
                for _ in 0..<10 {
                    let answer = try HTTPClient.answer(on: connection, buffer: &buffer)
                    if answer.status != 200 && answer.status != 401 {
                        throw Unexpected(what: request.path, answer: answer)
                    }
                }
            }
        }
    }
}

/// Counts the calls of malloc and its like that the front threads of a process make, by a library
/// loaded before libc.
private struct AllocationCounter {
    /// What the counted process must be started with.
    let environment: [String: String]
    private let counts: String

    init(directory: String) throws {
        let library = try PreloadedLibrary(
            "allocations", source: AllocationCounter.source, directory: directory)
        counts = directory + "/allocations"
        environment = ["LD_PRELOAD": library.path, "ALLOCATION_COUNTS": counts]
    }

    /// How many calls `body` caused, once they have all been made: the process has answered.
    func calls(during body: () throws -> Void) throws -> UInt64 {
        let before = try total()
        try body()
        return try total() - before
    }

    private func total() throws -> UInt64 {
        let bytes = try File(reading: counts).read(8, at: 0)
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static let source = #"""
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdatomic.h>
        #include <stddef.h>
        #include <stdint.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/prctl.h>
        #include <unistd.h>

        extern void *__libc_malloc(size_t);
        extern void *__libc_calloc(size_t, size_t);
        extern void *__libc_realloc(void *, size_t);
        extern void *__libc_memalign(size_t, size_t);

        static _Atomic(_Atomic uint64_t *) counts;

        static _Atomic uint64_t *page(void) {
            _Atomic uint64_t *known = counts;
            const char *path = getenv("ALLOCATION_COUNTS");
            if (known || !path) return known;
            int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            if (file < 0 || ftruncate(file, 4096)) return NULL;
            void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            close(file);
            if (mapped == MAP_FAILED) return NULL;
            counts = mapped;
            return mapped;
        }

        // Asked at every call, because a thread gets its name after its first allocation.
        static void note(void) {
            char name[17] = {0};
            if (prctl(PR_GET_NAME, name) || strncmp(name, "front-", 6)) return;
            _Atomic uint64_t *words = page();
            if (words) atomic_fetch_add(words, 1);
        }

        void *malloc(size_t size) { note(); return __libc_malloc(size); }
        void *calloc(size_t count, size_t size) { note(); return __libc_calloc(count, size); }
        void *realloc(void *old, size_t size) { note(); return __libc_realloc(old, size); }
        void *memalign(size_t unit, size_t size) { note(); return __libc_memalign(unit, size); }
        void *aligned_alloc(size_t unit, size_t size) { return memalign(unit, size); }
        int posix_memalign(void **result, size_t unit, size_t size) {
            note();
            *result = __libc_memalign(unit, size);
            return *result ? 0 : 12;
        }
        """#
}
