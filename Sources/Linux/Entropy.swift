import CLinux
import Glibc

/// Random bytes from the kernel (getrandom(2)), the only source of keys, tokens, nonces and
/// incarnations.
public enum Entropy {
    public static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<count])
                do throws(SystemError) {
                    // Longer requests than 256 bytes may come back short.
                    filled += try systemCall("getrandom") {
                        getrandom(rest.baseAddress, rest.count, 0)
                    }
                } catch {
                    preconditionFailure("\(error)")
                }
            }
        }
    }
}
