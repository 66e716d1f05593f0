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

    /// More of them, from a code of their own on.
    private static let plainOfKeys: [Refusal] = [
        .keyRetiring, .keyExpired, .keyInactive, .expiryPassed, .graceTooLong, .apiTaken,
        .apiInUse,
    ]
    private static let firstOfKeys: UInt8 = 60

    /// Codes of the refusals with a value, and of those about holds and pools.
    private enum Code {
        static let activeKeyLimit: UInt8 = 128
        static let keyLimit: UInt8 = 129
        static let tokenLimit: UInt8 = 130
        static let settingRefused: UInt8 = 131
        static let creditsExhausted: UInt8 = 132
        static let memberRefused: UInt8 = 160
        static let apiLimit: UInt8 = 175
        static let holdNotFound: UInt8 = 70
        static let holdEnded: UInt8 = 71
        static let holdTimeoutOutOfRange: UInt8 = 72
        static let poolNotFound: UInt8 = 73
        static let holdExceeded: UInt8 = 170
        static let holdLimit: UInt8 = 171
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
        case .apiLimit(let limit): writer.put(Code.apiLimit, limit)
        case .holdNotFound: writer.write(Code.holdNotFound)
        case .holdEnded: writer.write(Code.holdEnded)
        case .holdTimeoutOutOfRange: writer.write(Code.holdTimeoutOutOfRange)
        case .poolNotFound: writer.write(Code.poolNotFound)
        case .holdExceeded(let held): writer.put(Code.holdExceeded, held)
        case .holdLimit(let limit): writer.put(Code.holdLimit, limit)
        default:
            if let code = Refusal.plainOfKeys.firstIndex(of: self) {
                return writer.write(Refusal.firstOfKeys + UInt8(code))
            }
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
        case Code.apiLimit: self = .apiLimit(limit: try reader.get())
        case let code
        where code >= Refusal.firstOfKeys
            && Int(code - Refusal.firstOfKeys) < Refusal.plainOfKeys.count:
            self = Refusal.plainOfKeys[Int(code - Refusal.firstOfKeys)]
        case Code.holdNotFound: self = .holdNotFound
        case Code.holdEnded: self = .holdEnded
        case Code.holdTimeoutOutOfRange: self = .holdTimeoutOutOfRange
        case Code.poolNotFound: self = .poolNotFound
        case Code.holdExceeded: self = .holdExceeded(held: try reader.get())
        case Code.holdLimit: self = .holdLimit(limit: try reader.get())
        case let code:
            guard Int(code) < Refusal.plain.count else {
                throw MalformedBytes("no refusal \(code)")
            }
            self = Refusal.plain[Int(code)]
        }
    }
}
