import Basics
import HTTP
import Keyring
import Linux

// Requests that the members of the cluster change.
extension Router {
    private enum MemberField: String, CaseIterable { case id, address, http }
    private static var memberFields: JSONFields<MemberField> { JSONFields() }

    func memberCommand(_ request: IncomingRequest, _ endpoint: Endpoint) throws(ProblemDetails)
        -> Command
    {
        let wish: MemberRequest
        switch endpoint {
        case .addMember: wish = try addition(request)
        case .promoteMember:
            try request.requireNoBody()
            wish = .promote(try request.member())
        case .removeMember:
            try request.requireNoBody()
            wish = .remove(try request.member())
        default: preconditionFailure("\(endpoint) changes no member")
        }
        return .changeMember(MemberCommand(wish))
    }

    private func addition(_ request: IncomingRequest) throws(ProblemDetails) -> MemberRequest {
        var id = NodeID(0)
        var (address, clientAddress) = ("", "")
        try request.readObject(Router.memberFields, required: [.id, .address]) {
            field, reader throws(JSONRefusal) in
            switch field {
            case .id: id = try reader.value("a node's id, as in n4", NodeID.init(text:))
            case .address: address = try reader.address()
            case .http: clientAddress = try reader.takeNull() ? "" : try reader.address()
            }
        }
        return .add(id, address: address, clientAddress: clientAddress)
    }
}

extension IncomingRequest {
    fileprivate func member() throws(ProblemDetails) -> NodeID {
        guard let id = NodeID(text: try segment(0)) else { throw ProblemDetails(.notFound) }
        return id
    }
}

extension JSONReader {
    /// In its usual form, so that one address has one text.
    fileprivate mutating func address() throws(JSONRefusal) -> String {
        try value("a host and a port, as in 10.0.0.4:7201") { text in
            HostPort(text).flatMap { $0.port > 0 ? "\($0)" : nil }
        }
    }
}

extension MemberRefusal {
    /// The problem that tells of the refusal.
    var problem: ProblemDetails {
        switch self {
        case .unknownMember: ProblemDetails(.notFound, detail: "No such member.")
        case .formerMember:
            ProblemDetails(
                .memberConflict,
                detail: "The id was a member's before. A node joins under a new id.", field: "id")
        case .alreadyMember:
            ProblemDetails(
                .memberConflict, detail: "A member of that id has other addresses.", field: "id")
        case .addressTaken:
            ProblemDetails(
                .memberConflict, detail: "Another member has that address.", field: "address")
        case .tooManyMembers:
            ProblemDetails(.memberConflict, detail: "The cluster has as many members as it may.")
        case .notCaughtUp: ProblemDetails(.notCaughtUp)
        case .lastVoter: ProblemDetails(.lastVoter)
        case .noMajority: ProblemDetails(.noMajority)
        case .changeUnderWay: ProblemDetails(.changeUnderWay)
        }
    }
}

extension JSONWriter {
    mutating func members(of member: MemberDetail) {
        self.member("id", member.id.description)
        switch member.role {
        case .learner: self.member("role", "learner")
        case .voter: self.member("role", "voter")
        case .removed: self.member("role", "removed")
        }
        self.member("address", member.address.isEmpty ? nil : member.address)
        self.member("http", member.clientAddress.isEmpty ? nil : member.clientAddress)
    }
}
