import Basics
import Foundation
import Glibc
import HTTP
import Linux
import Testing

@testable import KeyclaveClient

/// What clients take from their process, and give back.
@Suite struct ResourceTests {
    @Test func `waiting needs no descriptor`() async {
        await #expect(processExitsWith: .success) {
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
            Linux.Thread.sleep(.milliseconds(1))
        }
    }
}
