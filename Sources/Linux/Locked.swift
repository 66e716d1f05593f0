import CLinux
import Glibc

/// A value that threads share under a lock.
///
/// A lock of the thread library and not the standard library's `Mutex`: the thread sanitizer knows
/// what the former orders, and reports every use of the latter as a race.
///
/// `@unchecked`: the value is reached under the lock only.
public final class Locked<Value>: @unchecked Sendable {
    private var value: Value
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    public init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        let result = pthread_mutex_init(mutex, nil)
        precondition(result == 0, "pthread_mutex_init: \(SystemError.text(of: result))")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread does. It must be short, and must not lock this again.
    public func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
