import Basics
import Replica

/// The messages of a run as numbers, in the order in which they were sent.
struct PictureMessages {
    /// What messages say, each text once.
    private(set) var texts: [String] = []
    /// For each message: sender, receiver, microseconds since the one before, microseconds on its
    /// way (−1 if it was lost), bytes, kind, text, 1 if it is a replay.
    private(set) var numbers: [Int64] = []

    init(_ messages: [TracedMessage]) {
        var places: [String: Int] = [:]
        var last: Int64 = 0
        let order = messages.indices.sorted {
            (messages[$0].sent, $0) < (messages[$1].sent, $1)
        }
        for position in order {
            let message = messages[position]
            let text = message.content?.description ?? ""
            let place = places[text] ?? texts.count
            if place == texts.count {
                places[text] = place
                texts.append(text)
            }
            let sent = message.sent.nanoseconds / 1_000
            let way = message.arrived.map { ($0 - message.sent).nanoseconds / 1_000 } ?? -1
            numbers += [
                Int64(message.from.rawValue), Int64(message.to.rawValue), sent - last, way,
                Int64(message.bytes), Int64(Self.kind(of: message).rawValue), Int64(place),
                message.isReplay ? 1 : 0,
            ]
            last = sent
        }
    }

    /// Of several parts the one that says most.
    private static func kind(of message: TracedMessage) -> PeerSend.Kind {
        let parts = message.content?.parts ?? []
        let usual: [PeerSend.Kind] = [.heartbeat, .appendReply]
        return parts.first { !usual.contains($0.kind) }?.kind ?? parts.first?.kind ?? .other
    }
}
