/// The secret that a request presents in its headers.
public enum PresentedSecret: Hashable, Sendable {
    case none
    case one(ByteRange)
    /// In two of the places, even if it is the same: which would count nobody should have to
    /// guess.
    case several
}

extension RequestHead {
    /// The key or token in `Authorization: Bearer`, `api-key` or `X-API-Key`. Credentials of
    /// another scheme are none of ours.
    public func presentedSecret(in bytes: UnsafeRawBufferPointer) -> PresentedSecret {
        let bearer = bearerToken(in: bytes)
        switch (bearer.isPresent, apiKey.isPresent, xAPIKey.isPresent) {
        case (false, false, false): return .none
        case (true, false, false): return .one(bearer)
        case (false, true, false): return .one(apiKey)
        case (false, false, true): return .one(xAPIKey)
        default: return .several
        }
    }

    /// The credentials behind `Authorization: Bearer`; absent if the scheme is another or what
    /// follows isn't one word.
    public func bearerToken(in bytes: UnsafeRawBufferPointer) -> ByteRange {
        guard authorization.isPresent, authorization.count > 7 else { return .absent }
        var start = authorization.lowerBound
        let scheme = UnsafeRawBufferPointer(rebasing: bytes[start..<start + 7])
        guard scheme.equals(foldedTo: "bearer ") else { return .absent }
        start += 7
        while start < authorization.upperBound, bytes[start] == ASCII.space { start += 1 }
        let token = start..<authorization.upperBound
        return bytes.consists(of: .token68, in: token, usual: \.usualInCredentials)
            ? ByteRange(token) : .absent
    }
}
