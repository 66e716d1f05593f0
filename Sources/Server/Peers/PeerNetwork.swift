import Basics
import Linux
import Replica

/// The node's connections to its peers, on the replica thread: makes, accepts, reads, writes and
/// closes them as the node asks, and tells it what happened.
///
/// Decides nothing: when to dial, whom to trust and what to close is the node's.
final class PeerNetwork {
    /// Bytes that may wait for a peer that doesn't read; beyond, its link is closed. The node
    /// bounds what it sends by what the peer acknowledged, far below.
    static let queuedBytes = 64 << 20
    /// How long the kernel may try to connect.
    static let connectDeadline = Duration.seconds(2)
    /// How long no connection is accepted after the process ran out of descriptors.
    static let acceptPause = Duration.milliseconds(100)
    /// Bytes read from one link before the others have their turn.
    private static let readBytes = 256 << 10

    private static let listenerToken: UInt64 = 0
    private static let mailboxToken: UInt64 = 1
    private static let firstLink: UInt64 = 2

    /// Where the peers connect to.
    let address: SocketAddress
    private let poller: Poller
    private let listener: ListeningSocket
    private let log: Log
    private var links: [LinkID: PeerLink] = [:]
    private var nextLink = PeerNetwork.firstLink
    /// Links with bytes to flush at the end of the turn.
    private var unflushed: [LinkID] = []
    private var acceptAgain: Instant?
    private var acceptFailures = Recurrence()
    private var slowPeers = Recurrence()
    private var connecting = 0
    private let readBuffer: UnsafeMutableRawBufferPointer

    init(
        listener: consuming ListeningSocket, mailbox: Mailbox<ReplicaLetter>, log: Log
    ) throws(SystemError) {
        let poller = try Poller()
        try poller.add(listener.descriptor, .read, token: PeerNetwork.listenerToken)
        try poller.add(mailbox.wakeup.descriptor, .read, token: PeerNetwork.mailboxToken)
        address = listener.address
        self.poller = poller
        self.listener = listener
        self.log = log
        readBuffer = .allocate(byteCount: PeerNetwork.readBytes, alignment: 16)
    }

    deinit { readBuffer.deallocate() }

    /// When `checkDeadlines` is due at the latest.
    var nextDeadline: Instant {
        var next = acceptAgain ?? .never
        guard connecting > 0 else { return next }
        for link in links.values {
            if case .connecting(_, let deadline) = link.stage { next = min(next, deadline) }
        }
        return next
    }

    /// Waits for something to happen and gives it to `node`; true if the mailbox was signalled.
    func wait(_ timeout: Duration?, _ node: (NodeInput) -> Void) -> Bool {
        var isMailboxSignalled = false
        for index in 0..<poller.wait(timeout) {
            let ready = poller.readiness(at: index)
            switch ready.token {
            case PeerNetwork.mailboxToken: isMailboxSignalled = true
            case PeerNetwork.listenerToken: accept(node)
            default:
                guard let link = links[LinkID(ready.token)] else { continue }
                handle(ready, link, node)
            }
        }
        return isMailboxSignalled
    }

    /// Begins to connect to the first of `addresses`.
    func dial(_ peer: NodeID, _ addresses: [SocketAddress], _ node: (NodeInput) -> Void) {
        for address in addresses {
            do throws(SystemError) {
                let socket = try StreamSocket.connect(to: address)
                let deadline = Clocks.now() + PeerNetwork.connectDeadline
                try insert(socket, .connecting(to: peer, deadline: deadline))
                connecting += 1
                return
            } catch {
                log.debug("dial_failed", ["peer": peer, "address": address, "reason": error])
            }
        }
        node(.dialFailed(to: peer))
    }

    /// Puts `bytes` behind what was sent on the link before; they leave with `flush`.
    func send(_ bytes: [UInt8], on id: LinkID) {
        guard let link = links[id] else { return }
        if link.output.isEmpty { unflushed.append(id) }
        link.output.append(bytes)
    }

    /// Ends a link at the node's wish.
    func close(_ id: LinkID) { remove(id) }

    /// Writes what was sent during this turn, as much as the kernel takes.
    func flush(_ node: (NodeInput) -> Void) {
        // What a lost link makes the node send is flushed in the same call.
        while let id = unflushed.popLast() {
            guard let link = links[id] else { continue }
            flush(link, node)
        }
    }

    /// Gives up on what took too long, and accepts again after a pause.
    func checkDeadlines(_ now: Instant, _ node: (NodeInput) -> Void) {
        if let again = acceptAgain, again <= now {
            acceptAgain = nil
            poller.change(listener.descriptor, .read, token: PeerNetwork.listenerToken)
        }
        guard connecting > 0 else { return }
        for link in links.values {
            guard case .connecting(let peer, let deadline) = link.stage, deadline <= now else {
                continue
            }
            remove(link.id)
            node(.dialFailed(to: peer))
        }
    }

    // MARK: - One link

    private func handle(_ ready: Readiness, _ link: PeerLink, _ node: (NodeInput) -> Void) {
        if case .connecting(let peer, _) = link.stage {
            finishConnecting(link, to: peer, node)
            return
        }
        if ready.writable { flush(link, node) }
        if ready.readable || ready.failed { read(link, node) }
    }

    private func finishConnecting(
        _ link: PeerLink, to peer: NodeID, _ node: (NodeInput) -> Void
    ) {
        do throws(SystemError) {
            try link.socket.connectionOutcome()
        } catch {
            log.debug("dial_failed", ["peer": peer, "reason": error])
            remove(link.id)
            node(.dialFailed(to: peer))
            return
        }
        link.stage = .standing
        connecting -= 1
        want(.read, link)
        node(.linkDialed(link.id, to: peer))
    }

    private func read(_ link: PeerLink, _ node: (NodeInput) -> Void) {
        guard links[link.id] != nil else { return }
        do throws(SystemError) {
            switch try link.socket.read(into: readBuffer) {
            case .bytes(let count):
                let bytes = [UInt8](UnsafeRawBufferPointer(rebasing: readBuffer[..<count]))
                node(.bytesReceived(link.id, bytes))
            case .wouldBlock: break
            case .end: lose(link, nil, node)
            }
        } catch {
            lose(link, error, node)
        }
    }

    private func flush(_ link: PeerLink, _ node: (NodeInput) -> Void) {
        do throws(SystemError) {
            let isDone = try link.output.flush(into: link.socket)
            want(isDone ? .read : [.read, .write], link)
        } catch {
            lose(link, error, node)
            return
        }
        if link.output.count > PeerNetwork.queuedBytes {
            if let count = slowPeers.note(at: Clocks.now()) {
                log.warning(
                    "peer_too_slow", ["link": link.id, "queued": link.output.count], count: count)
            }
            lose(link, nil, node)
        }
    }

    private func want(_ interest: Interest, _ link: PeerLink) {
        guard interest != link.interest else { return }
        link.interest = interest
        poller.change(link.socket.descriptor, interest, token: link.id.rawValue)
    }

    private func lose(_ link: PeerLink, _ reason: SystemError?, _ node: (NodeInput) -> Void) {
        guard remove(link.id) else { return }
        log.debug("link_lost", ["link": link.id, "reason": reason?.description ?? "end"])
        node(.linkClosed(link.id))
    }

    // MARK: - The set of links

    private func accept(_ node: (NodeInput) -> Void) {
        while true {
            do throws(SystemError) {
                guard let socket = try listener.accept() else { return }
                let id = try insert(socket, .standing)
                node(.linkAccepted(id))
            } catch {
                // Out of descriptors or memory: the listener stays readable, so look away.
                let now = Clocks.now()
                if let count = acceptFailures.note(at: now) {
                    log.warning("accept_failed", ["reason": error], count: count)
                }
                acceptAgain = now + PeerNetwork.acceptPause
                poller.change(listener.descriptor, [], token: PeerNetwork.listenerToken)
                return
            }
        }
    }

    @discardableResult
    private func insert(
        _ socket: consuming StreamSocket, _ stage: PeerLink.Stage
    ) throws(SystemError) -> LinkID {
        let id = LinkID(nextLink)
        nextLink += 1
        let link = PeerLink(id: id, socket: socket, stage: stage)
        try poller.add(link.socket.descriptor, link.interest, token: id.rawValue)
        links[id] = link
        return id
    }

    /// Closes a link's socket; false if it was closed before.
    @discardableResult
    private func remove(_ id: LinkID) -> Bool {
        guard let link = links.removeValue(forKey: id) else { return false }
        if case .connecting = link.stage { connecting -= 1 }
        return true
    }
}
