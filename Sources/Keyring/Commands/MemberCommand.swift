import Basics

/// What an operator asks of the cluster's members.
public enum MemberRequest: Hashable, Sendable {
    /// A node joins as a learner, which replicates and validates, and doesn't vote.
    case add(NodeID, address: String, clientAddress: String)
    /// A learner becomes a voter.
    case promote(NodeID)
    case remove(NodeID)
}

/// A change of the members on its way to the log.
///
/// Whether it can be made depends on what only a leader knows: who holds how much of the log. So
/// the leader decides, writes its decision into the entry, and every node applies that.
public struct MemberCommand: Hashable, Sendable {
    public var request: MemberRequest
    public var decision: MemberDecision

    /// Until a leader decides, the answer is: not now.
    public init(
        _ request: MemberRequest, decision: MemberDecision = .refused(.changeUnderWay)
    ) {
        self.request = request
        self.decision = decision
    }
}

/// What the leader made of a wish that the members change.
public enum MemberDecision: Hashable, Sendable {
    /// The entry itself brings the change.
    case made(MemberDetail)
    /// It was made before.
    case standing(MemberDetail)
    case refused(MemberRefusal)
}

/// A member, as answers show it.
public struct MemberDetail: Hashable, Sendable {
    public enum Role: UInt8, Hashable, Sendable, CaseIterable {
        case learner = 1
        case voter = 2
        case removed = 3
    }

    public var id: NodeID
    public var role: Role
    /// Where its peers reach it, and its clients; empty where that isn't known.
    public var address: String
    public var clientAddress: String

    public init(id: NodeID, role: Role, address: String, clientAddress: String) {
        self.id = id
        self.role = role
        self.address = address
        self.clientAddress = clientAddress
    }
}

/// Why the members weren't changed. Codes are fixed.
public enum MemberRefusal: UInt8, Hashable, Sendable, CaseIterable {
    /// The id was a member's before.
    case formerMember = 1
    /// A member of that id has other addresses.
    case alreadyMember = 2
    case addressTaken = 3
    case unknownMember = 4
    /// The learner doesn't hold enough of the log to vote.
    case notCaughtUp = 5
    case lastVoter = 6
    /// Too few of the voters there would be are heard.
    case noMajority = 7
    case tooManyMembers = 8
    /// Another change isn't committed yet.
    case changeUnderWay = 9

    /// A word for traces. Problem bodies join several under one.
    public var code: String {
        switch self {
        case .formerMember: "former_member"
        case .alreadyMember: "already_member"
        case .addressTaken: "address_taken"
        case .unknownMember: "member_not_found"
        case .notCaughtUp: "not_caught_up"
        case .lastVoter: "last_voter"
        case .noMajority: "no_majority"
        case .tooManyMembers: "too_many_members"
        case .changeUnderWay: "change_under_way"
        }
    }
}

extension MemberRefusal: Coded {}
extension MemberDetail.Role: Coded {}

extension MemberRequest: Coded {
    /// Most bytes of an address.
    static let addressLimit = 1024

    func encode(into writer: inout ByteWriter) {
        switch self {
        case .add(let id, let address, let clientAddress):
            writer.write(UInt8(1))
            writer.write(id.rawValue)
            writer.writeString(address)
            writer.writeString(clientAddress)
        case .promote(let id):
            writer.write(UInt8(2))
            writer.write(id.rawValue)
        case .remove(let id):
            writer.write(UInt8(3))
            writer.write(id.rawValue)
        }
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        let code = try reader.readUInt8()
        let id = NodeID(try reader.readUInt32())
        switch code {
        case 1:
            let address = try reader.readString(limit: Self.addressLimit)
            self = .add(
                id, address: address,
                clientAddress: try reader.readString(limit: Self.addressLimit))
        case 2: self = .promote(id)
        case 3: self = .remove(id)
        default: throw MalformedBytes("no request about members \(code)")
        }
    }
}

extension MemberDetail: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.write(id.rawValue)
        writer.put(role)
        writer.writeString(address)
        writer.writeString(clientAddress)
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        id = NodeID(try reader.readUInt32())
        role = try reader.get()
        address = try reader.readString(limit: MemberRequest.addressLimit)
        clientAddress = try reader.readString(limit: MemberRequest.addressLimit)
    }
}

extension MemberCommand: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(request)
        switch decision {
        case .made(let member): writer.put(1, member)
        case .standing(let member): writer.put(2, member)
        case .refused(let refusal): writer.put(3, refusal)
        }
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        request = try reader.get()
        switch try reader.readUInt8() {
        case 1: decision = .made(try reader.get())
        case 2: decision = .standing(try reader.get())
        case 3: decision = .refused(try reader.get())
        case let code: throw MalformedBytes("no decision about members \(code)")
        }
    }
}
