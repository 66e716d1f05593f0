import Basics
import Testing

@testable import peers

@Suite struct EtcdConversationTests {
    private static let message = [UInt8](repeating: 7, count: 30)

    private func conversation(asking count: Int = 0) -> EtcdConversation {
        var conversation = EtcdConversation(EtcdRequest(.put, authority: "127.0.0.1:2379"))
        for number in 0..<count { conversation.ask(Instant(nanoseconds: Int64(number))) }
        return conversation
    }

    private func take(
        _ bytes: [UInt8], _ conversation: inout EtcdConversation
    ) throws -> [EtcdConversation.Answer] {
        var answers: [EtcdConversation.Answer] = []
        try bytes.withUnsafeBytes { try conversation.take($0, &answers) }
        return answers
    }

    /// An answer as etcd sends it: a head, a message and a tail that ends the stream.
    private func success(_ stream: UInt32) -> [UInt8] {
        HTTP2Frame.bytes(.headers, flags: HTTP2Frame.endHeaders, stream: stream, [0x88])
            + HTTP2Frame.bytes(.data, stream: stream, Self.message)
            + failure(stream)
    }

    /// Nothing but a tail: that is how gRPC tells an error.
    private func failure(_ stream: UInt32) -> [UInt8] {
        HTTP2Frame.bytes(
            .headers, flags: HTTP2Frame.endHeaders | HTTP2Frame.endStream, stream: stream, [0xbf])
    }

    /// The frames of some bytes, with their payloads.
    private func frames(_ bytes: some Sequence<UInt8>) -> [(HTTP2Frame.Head, [UInt8])] {
        let all = Array(bytes)
        var found: [(HTTP2Frame.Head, [UInt8])] = []
        var place = 0
        all.withUnsafeBytes { raw in
            while let head = HTTP2Frame.Head(raw, at: place) {
                let start = place + HTTP2Frame.headLength
                place = start + head.length
                found.append((head, Array(raw[start..<place])))
            }
        }
        #expect(place == all.count)
        return found
    }

    @Test func `answers are found at every cut, in whichever order they come`() throws {
        let bytes =
            HTTP2Frame.bytes(.settings, [0, 3, 0, 0, 0, 100]) + success(3) + failure(5)
            + success(1) + HTTP2Frame.bytes(.resetStream, stream: 7, [0, 0, 0, 8])
        for cut in 0...bytes.count {
            var conversation = conversation(asking: 5)
            var answers = try take(Array(bytes[..<cut]), &conversation)
            answers += try take(Array(bytes[cut...]), &conversation)
            #expect(answers.map(\.began.nanoseconds) == [1, 2, 0, 3], "\(cut)")
            #expect(answers.map(\.isSuccess) == [true, false, true, false], "\(cut)")
            #expect(conversation.count == 1)
        }
    }

    @Test func `an answer of a stream that is over, or an empty message, is no success`() throws {
        var conversation = conversation(asking: 2)
        let empty = HTTP2Frame.bytes(.data, stream: 1, [0, 0, 0, 0, 0])
        #expect(try take(empty + failure(1), &conversation).map(\.isSuccess) == [false])
        #expect(try take(success(1), &conversation) == [])
        let broken = HTTP2Frame.bytes(.data, stream: 3, Self.message)
        let reset = HTTP2Frame.bytes(.resetStream, stream: 3, [0, 0, 0, 2])
        #expect(try take(broken + reset, &conversation).map(\.isSuccess) == [false])
    }

    @Test func `the first request has its fields in full, the later ones their places`() throws {
        var conversation = conversation()
        conversation.drop(conversation.output.count)
        conversation.ask(.zero)
        conversation.ask(.zero)
        let sent = frames(conversation.output)
        #expect(sent.map(\.0.stream) == [1, 1, 3, 3])
        #expect(sent.map(\.0.kind) == [1, 0, 1, 0])
        let text = String(decoding: sent[0].1, as: UTF8.self)
        #expect(text.contains("/etcdserverpb.KV/Put") && text.contains("127.0.0.1:2379"))
        #expect(sent[2].1 == [0x83, 0x86, 0xc1, 0xc0, 0xbf, 0xbe])
        #expect(sent[1].1 == sent[3].1)
        #expect(Int(sent[1].1[4]) == sent[1].1.count - 5)
        #expect(sent[1].0.flags == HTTP2Frame.endStream)
    }

    @Test func `what the server asks is answered, and what it doesn't ask isn't`() throws {
        var conversation = conversation()
        conversation.drop(conversation.output.count)
        let ping: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        _ = try take(
            HTTP2Frame.bytes(.settings) + HTTP2Frame.bytes(.ping, ping)
                + HTTP2Frame.bytes(.settings, flags: HTTP2Frame.acknowledgement)
                + HTTP2Frame.bytes(.ping, flags: HTTP2Frame.acknowledgement, ping),
            &conversation)
        let sent = frames(conversation.output)
        #expect(sent.map(\.0.kind) == [4, 6] && sent.map(\.0.flags) == [1, 1])
        #expect(sent[1].1 == ping)
        #expect(throws: Trouble.self) {
            try take(HTTP2Frame.bytes(.goAway, [0, 0, 0, 0, 0, 0, 0, 0]), &conversation)
        }
    }

    @Test func `no more is on the way than the server's window takes`() throws {
        let length = EtcdRequest(.put, authority: "x").bodyLength
        let room = HTTP2Frame.firstWindow / length
        var conversation = conversation(asking: room + 3)
        #expect(conversation.count == room + 3)
        #expect(sentCount(conversation) == room)
        // Room for two, with what the first requests left over.
        _ = try take(
            HTTP2Frame.bytes(.windowUpdate, UInt32(2 * length).bytes), &conversation)
        #expect(sentCount(conversation) == room + 2)
        // What waited is answered in its turn, and its waiting counts.
        let last = UInt32(2 * room + 1)
        #expect(
            try take(success(last), &conversation).map(\.began.nanoseconds) == [Int64(room)])
        _ = try take(
            HTTP2Frame.bytes(.windowUpdate, stream: 1, UInt32(length).bytes), &conversation)
        #expect(sentCount(conversation) == room + 2)
    }

    private func sentCount(_ conversation: EtcdConversation) -> Int {
        frames(conversation.output.dropFirst(HTTP2Frame.preface.count))
            .filter { $0.0.kind == HTTP2Frame.Kind.data.rawValue }.count
    }
}
