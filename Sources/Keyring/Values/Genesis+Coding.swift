import Basics

extension Genesis {
    /// As a formatted directory's identity carries it.
    public func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.put(settings)
        writer.put(operatorToken)
        writer.put(operatorDigest)
        writer.put(operatorSuffix)
        writer.put(time)
        return writer.bytes
    }

    /// Throws for what `encode` can't have written, settings out of their bounds included.
    public init(decoding bytes: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(bytes)
        self.init(
            settings: try reader.get(), operatorToken: try reader.get(),
            operatorDigest: try reader.get(), operatorSuffix: try reader.get(),
            time: try reader.get())
        try reader.finish()
        if let setting = settings.firstViolation {
            throw MalformedBytes("the setting \(setting.name) can't be so")
        }
    }
}
