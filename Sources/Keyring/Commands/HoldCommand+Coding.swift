import Basics

extension HoldReceipt.Standing: Coded {}

extension HoldCommand {
    /// What follows the kind.
    func encode(into writer: inout ByteWriter) {
        writer.put(key)
        writer.put(hold)
        switch self {
        case .place(let hold):
            writer.put(hold.credits)
            writer.put(hold.timeoutSeconds)
        case .settle(let settlement):
            writer.put(settlement.credits)
            writer.put(settlement.id)
        case .void(let voiding): writer.put(voiding.id)
        }
    }

    init(of kind: Command.Kind, from reader: inout ByteReader) throws(MalformedBytes) {
        let key: KeyReference = try reader.get()
        let hold: IdempotencyKey = try reader.get()
        switch kind {
        case .placeHold:
            self = .place(
                NewHold(
                    key: key, credits: try reader.get(), timeoutSeconds: try reader.get(),
                    id: hold))
        case .settleHold:
            self = .settle(
                Settlement(key: key, hold: hold, credits: try reader.get(), id: try reader.get()))
        default: self = .void(Voiding(key: key, hold: hold, id: try reader.get()))
        }
    }
}

extension HoldReceipt: Coded {
    /// All but `replayed`, which is said of each answer anew.
    func encode(into writer: inout ByteWriter) {
        writer.put(hold)
        writer.put(standing)
        writer.put(held)
        writer.put(charged)
        writer.put(spent)
        writer.put(remaining)
        writer.put(expiresAt)
        writer.put(index)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(
            hold: try reader.get(), standing: try reader.get(), held: try reader.get(),
            charged: try reader.get(), spent: try reader.get(), remaining: try reader.get(),
            expiresAt: try reader.get(), index: try reader.get())
    }
}

extension PoolDetail: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(account)
        writer.put(api)
        writer.put(credits)
        writer.put(period)
        writer.put(spent)
        writer.put(held)
        writer.put(remaining)
        writer.put(resetsAt)
        writer.put(changedAt)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        account = try reader.get()
        api = try reader.get()
        credits = try reader.get()
        period = try reader.get()
        spent = try reader.get()
        held = try reader.get()
        remaining = try reader.get()
        resetsAt = try reader.get()
        changedAt = try reader.get()
    }
}
