import Basics

/// What is said on one connection to etcd, with any number of requests on the way: bytes in, bytes
/// and answers out.
///
/// Laws: each request is answered once at most; an answer is a success only if it bears a message,
/// because gRPC sends none with an error; what is on the way never exceeds the server's window.
struct EtcdConversation {
    struct Answer: Hashable {
        var began: Instant
        var isSuccess: Bool
    }

    private struct Underway {
        var stream: UInt32
        var began: Instant
        var hasMessage = false
    }

    /// To be written next.
    private(set) var output = HTTP2Frame.preface
    private let request: EtcdRequest
    private var nextStream: UInt32 = 1
    /// Few: looked for one after the other.
    private var underway: [Underway] = []
    /// The beginning of a frame that isn't whole yet.
    private var input: [UInt8] = []
    /// Bytes of requests that the server still takes (RFC 9113, section 5.2).
    private var window = HTTP2Frame.firstWindow
    /// When those began that wait for it to take more.
    private var held: [Instant] = []
    /// Bytes of answers since the last word about them.
    private var received = 0

    init(_ request: EtcdRequest) { self.request = request }

    /// How many requests aren't answered.
    var count: Int { underway.count + held.count }

    /// Asks once more, as soon as the server has room for it.
    mutating func ask(_ now: Instant) {
        guard window >= request.bodyLength else { return held.append(now) }
        send(began: now)
    }

    private mutating func send(began: Instant) {
        window -= request.bodyLength
        request.append(to: &output, stream: nextStream)
        underway.append(Underway(stream: nextStream, began: began))
        nextStream += 2
    }

    /// So many bytes of `output` were written.
    mutating func drop(_ count: Int) {
        if count == output.count {
            output.removeAll(keepingCapacity: true)
        } else {
            output.removeFirst(count)
        }
    }

    // MARK: - Frames

    /// Takes what has come, and appends what it answers to `answers`. Throws if no more can come.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ answers: inout [Answer]
    ) throws {
        guard !input.isEmpty else {
            let end = try takeFrames(bytes, &answers)
            return input.append(contentsOf: bytes[end...])
        }
        var whole: [UInt8] = []
        swap(&whole, &input)
        whole.append(contentsOf: bytes)
        let end = try whole.withUnsafeBytes { try takeFrames($0, &answers) }
        input = Array(whole[end...])
    }

    /// Takes the whole frames, and returns where they end.
    private mutating func takeFrames(
        _ bytes: UnsafeRawBufferPointer, _ answers: inout [Answer]
    ) throws(Trouble) -> Int {
        var place = 0
        while let head = HTTP2Frame.Head(bytes, at: place) {
            let start = place + HTTP2Frame.headLength
            guard start + head.length <= bytes.count else { break }
            place = start + head.length
            try take(head, UnsafeRawBufferPointer(rebasing: bytes[start..<place]), &answers)
        }
        return place
    }

    private mutating func take(
        _ head: HTTP2Frame.Head, _ payload: UnsafeRawBufferPointer, _ answers: inout [Answer]
    ) throws(Trouble) {
        let isAcknowledgement = head.flags & HTTP2Frame.acknowledgement != 0
        let isEnd = head.flags & HTTP2Frame.endStream != 0
        switch HTTP2Frame.Kind(rawValue: head.kind) {
        case .data:
            note(head)
            if isEnd { end(head.stream, &answers) }
        case .headers where isEnd: end(head.stream, &answers)
        case .resetStream: end(head.stream, isReset: true, &answers)
        case .settings where !isAcknowledgement:
            output += HTTP2Frame.bytes(.settings, flags: HTTP2Frame.acknowledgement)
        case .ping where !isAcknowledgement:
            output += HTTP2Frame.bytes(.ping, flags: HTTP2Frame.acknowledgement, Array(payload))
        case .goAway: throw Trouble("etcd says that it goes away")
        case .windowUpdate where head.stream == 0 && payload.count == 4:
            window += Int(HTTP2Frame.number(payload, at: 0))
            sendHeld()
        case .headers, .settings, .ping, .windowUpdate, nil: return
        }
    }

    private mutating func sendHeld() {
        let sent = held.prefix(window / request.bodyLength)
        held.removeFirst(sent.count)
        for began in sent { send(began: began) }
    }

    /// Bytes of an answer.
    private mutating func note(_ head: HTTP2Frame.Head) {
        received += head.length
        if received > HTTP2Frame.largestWindow / 2 {
            output += HTTP2Frame.bytes(.windowUpdate, UInt32(received).bytes)
            received = 0
        }
        // A message of etcd's has a header at least; an empty one, of five bytes, says nothing.
        guard head.length > 5,
            let index = underway.firstIndex(where: { $0.stream == head.stream })
        else { return }
        underway[index].hasMessage = true
    }

    private mutating func end(
        _ stream: UInt32, isReset: Bool = false, _ answers: inout [Answer]
    ) {
        guard let index = underway.firstIndex(where: { $0.stream == stream }) else { return }
        let ended = underway.remove(at: index)
        answers.append(Answer(began: ended.began, isSuccess: ended.hasMessage && !isReset))
    }
}
