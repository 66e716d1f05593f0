import HTTP

extension String {
    var bytes: [UInt8] { Array(utf8) }
}

extension ByteRange {
    func text(in bytes: [UInt8]) -> String? {
        isPresent ? String(decoding: bytes[indices], as: UTF8.self) : nil
    }
}
