import Basics

extension TimedID: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(high)
        writer.put(low)
        writer.put(account)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        high = try reader.get()
        low = try reader.get()
        account = try reader.get()
    }
}

extension FreeFormID: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(account)
        writer.put(digest)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        account = try reader.get()
        digest = try reader.get()
    }
}

extension RequestItem: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(request)
        writer.put(item)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        request = try reader.get()
        item = try reader.get()
    }
}

extension ChargeVerdict: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .accepted(let spent, let remaining):
            writer.put(1, spent)
            writer.put(remaining)
        case .refused(let refusal): writer.put(2, refusal)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        switch try reader.readUInt8() {
        case 1: self = .accepted(spent: try reader.get(), remaining: try reader.get())
        case 2: self = .refused(try reader.get())
        case let code: throw MalformedBytes("no verdict \(code)")
        }
    }
}

extension LedgerRecord: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(request)
        writer.put(item)
        writer.put(index)
        switch answer {
        case .charge(let key, let credits, let verdict):
            writer.put(1, key)
            writer.put(credits)
            writer.put(verdict)
        case .change(let content, let outcome):
            writer.put(2, content)
            writer.writeBytes(outcome)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        request = try reader.get()
        item = try reader.get()
        index = try reader.get()
        switch try reader.readUInt8() {
        case 1:
            answer = .charge(key: try reader.get(), credits: try reader.get(), try reader.get())
        case 2:
            let content: Digest = try reader.get()
            let outcome = Array(try reader.readBytes(limit: Bounds.outcomeBytes))
            // What can't be given as an answer can't be kept as one.
            var inner = ByteReader(outcome)
            _ = try Outcome(from: &inner)
            try inner.finish()
            answer = .change(content: content, outcome: outcome)
        case let code: throw MalformedBytes("no kind of answer \(code)")
        }
    }
}

extension ExpiringRecords.Due: Coded where Key: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(key)
        writer.put(expiry)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        key = try reader.get()
        expiry = try reader.get()
    }
}

extension ExpiringRecords.Kept: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(record)
        writer.put(expiry)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        record = try reader.get()
        expiry = try reader.get()
    }
}
