import Basics
import HTTP
import Keyring
import Replica

// What somebody asks who wants to know how a key came to be as it is.
extension Router {
    private enum FindField: String, CaseIterable { case digest, id }
    private static var findFields: JSONFields<FindField> { JSONFields() }

    /// `POST /v1/keys/find`: a key by the SHA-256 of its text, or by its id. The text itself isn't
    /// taken: who has it can digest it, and it then never leaves their machine.
    func findKeyRequest(
        _ request: IncomingRequest
    ) throws(ProblemDetails) -> ClientRequest.Body {
        let token = try request.token()
        let parameters = try QueryParameters(request, allowed: [.consistency])
        var found: [KeyReference] = []
        try request.readObject(Router.findFields) { field, reader throws(JSONRefusal) in
            switch field {
            case .digest:
                found.append(
                    .digest(try reader.value("64 hexadecimal digits", Digest.init(hex:))))
            case .id: found.append(.id(try reader.id(as: KeyID.self)))
            }
        }
        guard found.count == 1 else {
            throw ProblemDetails(
                .invalidField, detail: "The body must have one of \"digest\" and \"id\".")
        }
        return .query(token, .findKey(found[0]), parameters.consistency)
    }
}

extension QueryParameters {
    /// The audit trail, or the part of it that was asked for.
    func trail(of account: AccountID?) -> Query {
        guard let subjects else { return .audit(account: account, page) }
        return .history(of: subjects, account: account, page)
    }
}

extension AuditSubject {
    /// The subjects of a list separated by commas; nil if one isn't, or there are too many.
    static func list(_ text: String) -> [AuditSubject]? {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
        guard words.count <= 8 else { return nil }
        let subjects = words.map { AuditSubject.all(writtenAs: String($0)) }
        return subjects.contains(where: \.isEmpty) ? nil : subjects.flatMap(\.self)
    }
}
