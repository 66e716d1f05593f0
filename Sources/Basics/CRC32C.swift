/// CRC-32C (Castagnoli's polynomial; RFC 3720, appendix B.4): guards every journal record and
/// snapshot file.
public enum CRC32C {
    private static let sliced = SlicedCRC(polynomial: 0x82f6_3b78)

    /// The checksum of `bytes`, or of what gave `previous` followed by `bytes`.
    public static func checksum(_ bytes: RawSpan, continuing previous: UInt32 = 0) -> UInt32 {
        sliced.checksum(bytes, continuing: previous)
    }

    public static func checksum(_ bytes: [UInt8], continuing previous: UInt32 = 0) -> UInt32 {
        sliced.checksum(bytes.span.bytes, continuing: previous)
    }

    public static func checksum(_ bytes: ArraySlice<UInt8>, continuing previous: UInt32 = 0)
        -> UInt32
    {
        sliced.checksum(bytes.span.bytes, continuing: previous)
    }
}
