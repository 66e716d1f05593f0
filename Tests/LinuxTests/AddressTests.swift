import Testing

@testable import Linux

struct AddressTests {
    @Test func literalsAreReadAndWrittenBack() throws {
        let four = try #require(SocketAddress(literal: "192.0.2.7", port: 80))
        #expect(four.description == "192.0.2.7:80")
        #expect(four.hostText == "192.0.2.7")
        let six = try #require(SocketAddress(literal: "2001:db8::1", port: 7101))
        #expect(six.description == "[2001:db8::1]:7101")
        #expect(SocketAddress(literal: "example.org", port: 80) == nil)
        #expect(SocketAddress(literal: "1.2.3", port: 80) == nil)
        #expect(SocketAddress(literal: "", port: 80) == nil)
    }

    @Test func theKernelFormGivesTheSameAddressBack() throws {
        for literal in ["10.1.2.3", "::", "fe80::abcd:1"] {
            let address = try #require(SocketAddress(literal: literal, port: 4711))
            let back = address.withKernelForm { form, length in
                SocketAddress(kernelForm: UnsafeRawBufferPointer(start: form, count: Int(length)))
            }
            #expect(back == address)
        }
    }

    @Test func addressesOfOneNetworkHaveOneNumber() throws {
        let numbers = [
            "10.0.0.1", "10.0.0.2", "2001:db8:0:1::1", "2001:db8:0:1:ffff::", "2001:db8::1",
        ]
        .map { SocketAddress(literal: $0, port: 1)?.network }
        #expect(numbers[0] == 0x0A00_0001)
        #expect(numbers[1] == 0x0A00_0002)
        #expect(numbers[2] == 0x2001_0db8_0000_0001)
        #expect(numbers[3] == numbers[2])
        #expect(numbers[4] != numbers[2])
    }

    @Test func onlyLoopbackAddressesAreLoopback() {
        let all = [
            "127.0.0.1", "127.255.0.9", "::1", "128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:1",
        ]
        let loopback = all.filter { SocketAddress(literal: $0, port: 1)!.isLoopback }
        #expect(loopback == ["127.0.0.1", "127.255.0.9", "::1"])
        #expect(SocketAddress.loopback(port: 9).description == "127.0.0.1:9")
    }

    @Test(arguments: [
        ("127.0.0.1:7101", "127.0.0.1", 7101), ("[::1]:0", "::1", 0),
        ("node-1.example.org:65535", "node-1.example.org", 65535), ("localhost:1", "localhost", 1),
    ])
    func hostAndPortAreRead(text: String, host: String, port: Int) throws {
        let read = try #require(HostPort(text))
        #expect(read == HostPort(host: host, port: UInt16(port)))
        #expect(read.description == text)
    }

    @Test(arguments: [
        "", ":", ":80", "host", "host:", "host:65536", "host:+1", "host:-1", "host: 1", "::1:80",
        "[::1]", "[]:80", "[127.0.0.1]:80", "[::1:80", "a b:80", "a\n:80", "a/b:80", "h:80:90",
        "ä:80",
    ])
    func otherTextIsNoHostAndPort(text: String) {
        #expect(HostPort(text) == nil)
    }

    @Test func literalsResolveToThemselvesAndNamesThroughTheSystem() throws {
        let literal = try HostPort(host: "::1", port: 5).resolve()
        #expect(literal.map(\.description) == ["[::1]:5"])
        let local = try HostPort(host: "localhost", port: 5).resolve()
        #expect(!local.isEmpty)
        #expect(local.allSatisfy { $0.isLoopback && $0.port == 5 })
    }
}
