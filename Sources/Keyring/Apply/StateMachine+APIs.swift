import Basics

// APIs: the operators' own.
extension StateMachine {
    mutating func createAPI(
        _ api: API, _ name: Name, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let place = state.catalogue.firstIndex { $0.api >= api } ?? state.catalogue.endIndex
        guard place == state.catalogue.endIndex || state.catalogue[place].api != api else {
            throw .apiTaken
        }
        guard state.catalogue.count < Bounds.apis else {
            throw .apiLimit(limit: UInt32(Bounds.apis))
        }
        guard state.apisEver < Bounds.apisEver else {
            throw .apiLimit(limit: UInt32(Bounds.apisEver))
        }
        state.apisEver += 1
        state.catalogue.insert(APIRecord(api: api, name: name), at: place)
        audit(.apiCreated, .api(api), in: nil, author, &step)
        return Change(.api(APIDetail(api: api, name: name)), index: step.index)
    }

    /// What was spent with it stays counted, and counts on if the API comes back.
    mutating func removeAPI(
        _ api: API, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        guard let place = state.catalogue.firstIndex(where: { $0.api == api }) else {
            throw .apiNotFound
        }
        guard state.catalogue[place].uses == 0 else { throw .apiInUse }
        state.catalogue.remove(at: place)
        audit(.apiRemoved, .api(api), in: nil, author, &step)
        return Change(.apiRemoved(api), index: step.index)
    }
}

extension StateMachine {
    /// What keys may open, in the order of the slugs: for every token.
    public func apis(
        _ request: PageRequest, as token: TokenID
    ) throws(Refusal) -> Page<APIDetail> {
        _ = try whoami(token)
        let last = try words(of: request.cursor, count: 1)?[0]
        var left = state.catalogue.drop { $0.api.rawValue <= last ?? 0 }
        var scan = Scan<APIDetail>(request)
        while let record = left.first, !scan.isFull {
            scan.pass(
                APIDetail(api: record.api, name: record.name), at: Cursor(record.api.rawValue))
            left = left.dropFirst()
        }
        return scan.page(isAtEnd: left.isEmpty)
    }
}
