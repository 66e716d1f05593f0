import Basics
import CLinux
import Glibc

/// What is wanted of a descriptor.
public struct Interest: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let read = Interest(rawValue: 1)
    public static let write = Interest(rawValue: 2)

    var kernelEvents: UInt32 {
        var events: UInt32 = 0
        if contains(.read) { events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if contains(.write) { events |= EPOLLOUT.rawValue }
        return events
    }
}

/// What a descriptor is ready for. `failed` comes unasked: error or hang-up on both sides; a
/// read or write then says what happened.
public struct Readiness: Hashable, Sendable {
    public var token: UInt64
    public var readable: Bool
    public var writable: Bool
    public var failed: Bool
}

/// Waits for many descriptors at once (epoll(7), level-triggered). Belongs to one thread.
///
/// The poller doesn't own what it watches: a descriptor leaves it by being closed.
public struct Poller: ~Copyable {
    private let descriptor: Descriptor
    private let events: UnsafeMutableBufferPointer<epoll_event>

    /// A poller that reports up to `batch` descriptors per wait. Throws EMFILE, ENOMEM.
    public init(batch: Int = 256) throws(SystemError) {
        descriptor = Descriptor(
            owning: try systemCall("epoll_create1") {
                epoll_create1(Int32(EPOLL_CLOEXEC))
            })
        events = .allocate(capacity: batch)
        events.initialize(repeating: epoll_event())
    }

    deinit { events.deallocate() }

    /// Watches `watched` and reports it under `token`. Throws ENOSPC and ENOMEM.
    public func add(
        _ watched: borrowing Descriptor, _ interest: Interest, token: UInt64
    ) throws(SystemError) {
        try control(EPOLL_CTL_ADD, watched.number, interest, token)
    }

    /// Changes what is wanted of `watched`, which must have been added.
    public func change(_ watched: borrowing Descriptor, _ interest: Interest, token: UInt64) {
        let number = watched.number
        do throws(SystemError) {
            try control(EPOLL_CTL_MOD, number, interest, token)
        } catch {
            preconditionFailure("descriptor \(number) isn't watched: \(error)")
        }
    }

    /// Stops watching a descriptor that stays open.
    public func remove(_ watched: borrowing Descriptor) {
        let number = watched.number
        infallible("epoll_ctl") { epoll_ctl(descriptor.number, EPOLL_CTL_DEL, number, nil) }
    }

    /// Waits until something is ready or `timeout` is over (nil: for ever; zero: not at all), and
    /// returns how many descriptors are ready; `readiness(at:)` says which.
    ///
    /// The kernel counts milliseconds; a fraction is rounded up, so that the time is really over.
    @inline(__always)
    public func wait(_ timeout: Duration?) -> Int {
        let number = descriptor.number
        let milliseconds = Poller.milliseconds(timeout)
        do throws(SystemError) {
            return Int(
                try systemCall("epoll_wait") {
                    epoll_wait(number, events.baseAddress, Int32(events.count), milliseconds)
                })
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// The descriptor at `index` of the last wait's result.
    public func readiness(at index: Int) -> Readiness {
        let event = events[index]
        let bits = event.events
        return Readiness(
            token: event.data.u64,
            readable: bits & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0,
            writable: bits & EPOLLOUT.rawValue != 0,
            failed: bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0)
    }

    static func milliseconds(_ timeout: Duration?) -> Int32 {
        guard let timeout else { return -1 }
        guard timeout > .zero else { return 0 }
        let (quotient, remainder) = timeout.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Int32(clamping: quotient + (remainder > 0 ? 1 : 0))
    }

    private func control(
        _ operation: Int32, _ number: Int32, _ interest: Interest, _ token: UInt64
    ) throws(SystemError) {
        var event = epoll_event()
        event.events = interest.kernelEvents
        event.data.u64 = token
        _ = try systemCall("epoll_ctl") { epoll_ctl(descriptor.number, operation, number, &event) }
    }
}

/// Wakes a poller's thread from another thread (eventfd(2)).
public struct Wakeup: ~Copyable, Sendable {
    public let descriptor: Descriptor

    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try systemCall("eventfd") { linux_eventfd() })
    }

    /// Makes the descriptor readable. Any thread.
    public func signal() {
        var one: UInt64 = 1
        let number = descriptor.number
        do throws(SystemError) {
            // Full (EAGAIN) after 2^64 − 2 signals: readable all the same.
            _ = try nonBlockingCall("write") { Glibc.write(number, &one, 8) }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Makes it unreadable again; true if it was signalled.
    @discardableResult
    public func reset() -> Bool {
        var count: UInt64 = 0
        let number = descriptor.number
        do throws(SystemError) {
            return try nonBlockingCall("read") { Glibc.read(number, &count, 8) } != nil
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Sleeps until signalled or `timeout` is over; true if signalled. Doesn't reset.
    public func wait(_ timeout: Duration? = nil) -> Bool {
        var watched = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        let milliseconds = Poller.milliseconds(timeout)
        do throws(SystemError) {
            return try systemCall("poll") { Glibc.poll(&watched, 1, milliseconds) } > 0
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
