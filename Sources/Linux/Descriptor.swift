import CLinux
import Glibc

/// Owns one open file descriptor: can't be copied, and closes it when its life ends. That no two
/// owners exist is what makes EBADF a bug and not an event.
public struct Descriptor: ~Copyable, Sendable {
    /// The number, for the time of a call and as a poller's key. Never to be closed by the reader.
    public let number: Int32

    /// Takes over an open descriptor.
    init(owning number: Int32) {
        precondition(number >= 0, "descriptor \(number)")
        self.number = number
    }

    deinit {
        // Not repeated on EINTR: Linux has released the number by then, and another thread may
        // already have it (close(2)).
        let result = Glibc.close(number)
        precondition(result == 0 || linux_errno() != EBADF, "descriptor \(number) closed twice")
    }
}
