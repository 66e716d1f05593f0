import Basics
import CLinux
import Glibc

/// A thread of the operating system, with a name that `ps -L` and `perf` show.
///
/// A thread that nobody joins gives its stack back when its body has returned.
///
/// `@unchecked`: the identifier is written before any other thread can see the object, and after
/// that touched by the one caller of `join`, and when the object is gone.
public final class Thread: @unchecked Sendable {
    public let name: String
    /// Nil before it was started, and once it is joined.
    private var identifier: pthread_t?

    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a thread. `name` has at most 15 bytes (the kernel's limit). Throws EAGAIN when the
    /// machine allows no more threads.
    public init(
        name: String, stackSize: Int = 1 << 20, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        precondition(name.utf8.count <= 15, "thread name \(name) is longer than 15 bytes")
        self.name = name
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        let sized = pthread_attr_setstacksize(&attributes, stackSize)
        precondition(sized == 0, "stack size \(stackSize)")
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var made = pthread_t()
        let result = pthread_create(
            &made, &attributes,
            { raw in
                let start = Unmanaged<Start>.fromOpaque(raw!).takeRetainedValue()
                _ = linux_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard result == 0 else {
            start.release()
            throw SystemError(call: "pthread_create", code: result, subject: name)
        }
        identifier = made
    }

    deinit {
        guard let identifier else { return }
        let result = pthread_detach(identifier)
        precondition(result == 0, "pthread_detach: \(SystemError.text(of: result))")
    }

    /// Waits until the body has returned. Once, and not from the thread itself.
    public func join() {
        guard let identifier else { preconditionFailure("thread \(name) joined twice") }
        self.identifier = nil
        let result = pthread_join(identifier, nil)
        precondition(result == 0, "pthread_join: \(SystemError.text(of: result))")
    }

    /// Makes the calling thread sleep. Needs nothing of the process, descriptors neither.
    public static func sleep(_ time: Duration) {
        guard time > .zero else { return }
        let (seconds, nanoseconds) = time.nanoseconds.quotientAndRemainder(
            dividingBy: 1_000_000_000)
        var rest = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
        while true {
            var left = timespec()
            if nanosleep(&rest, &left) == 0 { return }
            let code = linux_errno()
            precondition(code == EINTR, "nanosleep: \(SystemError.text(of: code))")
            rest = left
        }
    }

    /// Lets other threads run before the calling one, which gets a tenth of what each of them gets
    /// while there isn't enough for all (niceness 10; on Linux a thread's own, setpriority(2)).
    public static func lowerPriority() {
        // Nobody is refused to be nicer.
        infallible("setpriority") { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
    }

    /// The number of processors this process may run on, at least one.
    public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
