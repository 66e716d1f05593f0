import Basics
import Testing

@Suite struct ByteCodingTests {
    @Test(arguments: [
        0, 9, 10, 99_999_999, 100_000_000, 100_000_007, 1_000_000_000_000_000,
        10_000_000_000_000_000, 9_007_199_254_740_991, UInt64.max,
    ])
    func decimalsAreThoseOfTheStandardLibrary(number: UInt64) {
        var bytes: [UInt8] = []
        bytes.appendDecimal(number)
        #expect(String(decoding: bytes, as: UTF8.self) == String(number))
    }

    @Test func everyKindOfFieldComesBack() throws {
        var writer = ByteWriter(capacity: 64)
        writer.write(UInt8(0xab))
        writer.write(UInt16(0x0102))
        writer.write(UInt32(0x0304_0506))
        writer.write(UInt64.max - 1)
        writer.write(Int64.min)
        writer.write(true)
        writer.write(false)
        writer.writeRaw([1, 2, 3])
        writer.writeBytes([4, 5])
        writer.writeString("né")
        #expect(
            hex(writer.bytes)
                == "ab" + "0201" + "06050403" + "feffffffffffffff" + "0000000000000080" + "01"
                + "00" + "010203" + "02000000" + "0405" + "03000000" + "6ec3a9")

        var reader = ByteReader(writer.bytes)
        #expect(try reader.readUInt8() == 0xab)
        #expect(try reader.readUInt16() == 0x0102)
        #expect(try reader.readUInt32() == 0x0304_0506)
        #expect(try reader.readUInt64() == .max - 1)
        #expect(try reader.readInt64() == .min)
        #expect(try reader.readBool())
        #expect(try !reader.readBool())
        #expect(try reader.readRaw(3) == [1, 2, 3])
        #expect(try reader.readBytes(limit: 2) == [4, 5])
        #expect(try reader.readString(limit: 3) == "né")
        #expect(reader.isAtEnd)
        try reader.finish()
    }

    @Test func everyTruncationIsMalformed() throws {
        var writer = ByteWriter()
        writer.write(UInt16(7))
        writer.writeBytes([1, 2, 3])
        writer.write(UInt64(8))
        writer.writeString("xyz")
        func read(_ bytes: ArraySlice<UInt8>) throws(MalformedBytes) {
            var reader = ByteReader(bytes)
            _ = try reader.readUInt16()
            _ = try reader.readBytes(limit: 10)
            _ = try reader.readUInt64()
            _ = try reader.readString(limit: 10)
            try reader.finish()
        }
        try read(writer.bytes[...])
        for length in 0..<writer.count {
            #expect(throws: MalformedBytes.self, "\(length) bytes") {
                try read(writer.bytes.prefix(length))
            }
        }
        #expect(throws: MalformedBytes.self) { try read((writer.bytes + [0])[...]) }
    }

    @Test func hostileLengthsAreRefusedBeforeAnythingIsAllocated() {
        let huge = bytes(hex: "ffffffff 0102")
        var reader = ByteReader(huge)
        #expect(throws: MalformedBytes("4294967295 bytes, 1000 allowed")) {
            try reader.readBytes(limit: 1_000)
        }
        var unlimited = ByteReader(huge)
        #expect(throws: MalformedBytes("4294967295 bytes wanted, 2 left")) {
            try unlimited.readBytes(limit: .max)
        }
        var string = ByteReader(huge)
        #expect(throws: MalformedBytes.self) { try string.readString(limit: 1_000) }
        var raw = ByteReader(huge)
        #expect(throws: MalformedBytes.self) { try raw.readRaw(.max) }
        #expect(throws: MalformedBytes.self) { try raw.readRaw(-1) }
        #expect(raw.remaining == 6, "a refused read takes nothing")
    }

    @Test func flagsAndStringsHaveOneEncoding() {
        for byte in UInt8(2)...255 {
            var reader = ByteReader([byte])
            #expect(throws: MalformedBytes.self) { try reader.readBool() }
        }
        for invalid in ["ff", "c080", "eda080", "f4908080", "c3"] {
            let raw = bytes(hex: invalid)
            var reader = ByteReader([UInt8(raw.count), 0, 0, 0] + raw)
            #expect(throws: MalformedBytes("a string is not UTF-8")) {
                try reader.readString(limit: 10)
            }
        }
    }

    @Test func readsFromTheMiddleOfAnArray() throws {
        let whole: [UInt8] = [9, 9, 1, 0, 0, 0, 5, 9]
        var reader = ByteReader(whole[2..<7])
        #expect(try reader.readUInt32() == 1)
        #expect(reader.remaining == 1)
        #expect(try reader.readUInt8() == 5)
        #expect(throws: MalformedBytes.self) { try reader.readUInt8() }
    }

    @Test func aReusedBufferIsAppendedToAndOverwritten() {
        var writer = ByteWriter(appendingTo: [7])
        writer.write(UInt32(0))
        writer.write(UInt8(8))
        writer.overwrite(0x0403_0201, at: 1)
        #expect(writer.bytes == [7, 1, 2, 3, 4, 8])
        writer.removeAll()
        #expect(writer.count == 0)
    }

    @Test func zerosArePassedOverIfAllAreZero() throws {
        for count in 0...40 {
            // A prefix, so that nothing depends on where the bytes begin.
            let bytes = [9] + [UInt8](repeating: 0, count: count)
            var reader = ByteReader(bytes[1...])
            let isLong = reader.skip(zeros: count + 1)
            #expect(!isLong && reader.remaining == count)
            let isRight = reader.skip(zeros: count)
            #expect(isRight && reader.isAtEnd)
            for place in 0..<count {
                var other = bytes
                other[1 + place] = 0x80
                var reader = ByteReader(other[1...])
                let isZero = reader.skip(zeros: count)
                #expect(!isZero && reader.remaining == count)
            }
        }
    }
}
