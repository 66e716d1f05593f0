import Basics

extension Refusal: Coded {
    /// The refusals without a value, by their codes. Appended to, never reordered.
    private static let plain: [Refusal] = [
        .unauthenticated, .forbidden, .accountNotFound,
        .userNotFound, .keyNotFound, .tokenNotFound,
        .limitNotFound, .apiNotFound, .duplicateEmail,
        .keyRevoked, .roleMismatch, .lastOperator,
        .identifierTaken, .capacity, .invalidKey,
        .chargeOutOfRange, .idempotencyConflict, .idempotencyTooOld,
        .idempotencyTooNew, .idempotencyCapacity, .cursorMalformed,
    ]

    /// Codes of the refusals with a value.
    private enum Code {
        static let activeKeyLimit: UInt8 = 128
        static let keyLimit: UInt8 = 129
        static let tokenLimit: UInt8 = 130
        static let settingRefused: UInt8 = 131
        static let creditsExhausted: UInt8 = 132
        static let memberRefused: UInt8 = 160
        static let importRefused: UInt8 = 80
    }

    func encode(into writer: inout ByteWriter) {
        switch self {
        case .activeKeyLimit(let limit): writer.put(Code.activeKeyLimit, limit)
        case .keyLimit(let limit): writer.put(Code.keyLimit, limit)
        case .tokenLimit(let limit): writer.put(Code.tokenLimit, limit)
        case .settingRefused(let setting): writer.put(Code.settingRefused, setting)
        case .memberRefused(let refusal): writer.put(Code.memberRefused, refusal)
        case .importRefused(let faults): writer.put(Code.importRefused, faults)
        case .creditsExhausted(let remaining, let allowance):
            writer.put(Code.creditsExhausted, remaining)
            writer.put(allowance)
        default:
            guard let code = Refusal.plain.firstIndex(of: self) else {
                preconditionFailure("a refusal has no code")
            }
            writer.write(UInt8(code))
        }
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        switch try reader.readUInt8() {
        case Code.activeKeyLimit: self = .activeKeyLimit(limit: try reader.get())
        case Code.keyLimit: self = .keyLimit(limit: try reader.get())
        case Code.tokenLimit: self = .tokenLimit(limit: try reader.get())
        case Code.settingRefused: self = .settingRefused(try reader.get())
        case Code.memberRefused: self = .memberRefused(try reader.get())
        case Code.importRefused: self = .importRefused(try reader.get())
        case Code.creditsExhausted:
            self = .creditsExhausted(remaining: try reader.get(), allowance: try reader.get())
        case let code:
            guard Int(code) < Refusal.plain.count else {
                throw MalformedBytes("no refusal \(code)")
            }
            self = Refusal.plain[Int(code)]
        }
    }
}
