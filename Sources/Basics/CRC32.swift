/// CRC-32 as in zlib, Ethernet and GitHub's tokens (ITU-T V.42): the check digits of key texts.
public enum CRC32 {
    private static let sliced = SlicedCRC(polynomial: 0xedb8_8320)

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
