import CLinux
import Glibc

/// The signals a daemon is controlled with.
public struct Signal: Hashable, Sendable {
    public let number: Int32
    public static let terminate = Signal(number: SIGTERM)
    public static let interrupt = Signal(number: SIGINT)
    public static let hangUp = Signal(number: SIGHUP)
}

/// Signals as something to read: blocked in every thread and queued at a descriptor
/// (signalfd(2)), so that no code ever runs in a signal handler.
public struct SignalQueue: ~Copyable, Sendable {
    public let descriptor: Descriptor

    /// Takes over `signals` from here on. To be called before any thread is started, because
    /// threads inherit what is blocked.
    public init(_ signals: [Signal]) throws(SystemError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal.number) }
        let result = pthread_sigmask(SIG_BLOCK, &set, nil)
        precondition(result == 0, "pthread_sigmask: \(SystemError.text(of: result))")
        descriptor = Descriptor(owning: try systemCall("signalfd") { linux_signalfd(&set) })
    }

    /// The next signal that has arrived, or nil.
    public func next() -> Signal? {
        var info = signalfd_siginfo()
        let number = descriptor.number
        do throws(SystemError) {
            let count = try nonBlockingCall("read") {
                Glibc.read(number, &info, MemoryLayout<signalfd_siginfo>.size)
            }
            return count == nil ? nil : Signal(number: Int32(info.ssi_signo))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// A write to a closed connection is an error to handle, not a reason to die.
    public static func ignoreBrokenPipes() {
        infallible("signal") { linux_ignore_signal(SIGPIPE) }
    }
}
