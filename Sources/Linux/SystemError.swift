import CLinux
import Glibc

/// A system call said no, for a reason outside this process: the network, the disk, the limits of
/// the machine. Whether that is fatal is the caller's decision.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call that failed, by its name in section 2 or 3 of the manual.
    public var call: String
    /// The `errno` it left.
    public var code: Int32
    /// What it was called for: a path or an address; empty if there is nothing to name.
    public var subject: String

    public init(call: String, code: Int32, subject: String = "") {
        self.call = call
        self.code = code
        self.subject = subject
    }

    public var description: String {
        let place = subject.isEmpty ? "" : " \(subject)"
        return "\(call)\(place): \(SystemError.text(of: code))"
    }

    /// No room on the disk, or none left for this user.
    public var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }
    /// No such file.
    public var isMissing: Bool { code == ENOENT }

    /// The same error, saying what it was about.
    func about(_ subject: String) -> SystemError {
        SystemError(call: call, code: code, subject: subject)
    }

    static func text(of code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        // The XSI form: returns an error number and always fills the buffer.
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Calls the kernel and calls again if a signal interrupted it: the only place that knows EINTR.
///
/// A result below zero is thrown as `SystemError`, except for what only a bug of ours can cause
/// (a descriptor that isn't open, a pointer that isn't mapped): those stop the process, because
/// the next such call might hit somebody else's file.
@inline(__always)
func systemCall<Result: SignedInteger>(
    _ name: StaticString, _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = linux_errno()
        if code == EINTR { continue }
        throw failure(name, code)
    }
}

/// Like `systemCall`, with nil for "not now" (EAGAIN) of non-blocking descriptors.
@inline(__always)
func nonBlockingCall<Result: SignedInteger>(
    _ name: StaticString, _ body: () -> Result
) throws(SystemError) -> Result? {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = linux_errno()
        if code == EINTR { continue }
        if code == EAGAIN { return nil }
        throw failure(name, code)
    }
}

@inline(never)
func failure(_ name: StaticString, _ code: Int32) -> SystemError {
    precondition(
        code != EBADF && code != EFAULT && code != ENOTSOCK,
        "\(name): \(SystemError.text(of: code)) is a bug of this program")
    return SystemError(call: name.description, code: code)
}

/// Calls what must succeed on any Linux that can run this program at all.
@inline(__always)
func infallible(_ name: StaticString, _ body: () -> Int32) {
    let result = body()
    precondition(result >= 0, "\(name): \(SystemError.text(of: linux_errno()))")
}
