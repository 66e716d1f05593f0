import Basics

extension Router {
    /// Until when the key table may answer.
    var freshUntil: Instant { reader.freshUntil }
}
