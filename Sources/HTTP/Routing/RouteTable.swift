/// Which methods a path has.
public struct MethodSet: Hashable, Sendable {
    private var bits: UInt16 = 0

    public init(_ methods: Method...) {
        for method in methods { insert(method) }
    }

    /// Every method, those without a name of their own included.
    public static let any = Method.allCases.reduce(into: MethodSet()) { $0.insert($1) }

    public mutating func insert(_ method: Method) { bits |= 1 << UInt16(method.rawValue) }

    public func contains(_ method: Method) -> Bool { bits >> UInt16(method.rawValue) & 1 == 1 }

    public mutating func formUnion(_ other: MethodSet) { bits |= other.bits }

    /// As in an `Allow` field: `GET, HEAD, POST`.
    public var allow: String {
        Method.allCases.filter { $0 != .other && contains($0) }.map { "\($0.name)" }
            .joined(separator: ", ")
    }
}

/// One line of a table of routes: methods, path and a name for what is done there.
///
/// A path's segment in braces stands for any one segment, which becomes a parameter; `*` as the
/// last one stands for the rest, even an empty one.
public struct Route<Name: Hashable & Sendable>: Sendable {
    public let methods: MethodSet
    public let pattern: String
    public let name: Name
    /// The names in braces, in order.
    public let parameters: [String]
    let segments: [Segment]

    enum Segment: Hashable, Sendable {
        case literal([UInt8])
        case parameter
        case rest
    }

    public init(_ methods: MethodSet, _ pattern: String, _ name: Name) {
        self.methods = methods
        self.pattern = pattern
        self.name = name
        precondition(pattern.hasPrefix("/"), "a path begins with a slash")
        let words = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        segments = words.map { word in
            if word == "*" { return .rest }
            return word.hasPrefix("{") ? .parameter : .literal(Array(word.utf8))
        }
        parameters = words.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        precondition(parameters.count <= RouteParameters.limit, "too many parameters")
        precondition(!segments.dropLast().contains(.rest), "the rest comes last")
    }

    /// The parameters if the path is of this pattern.
    @inline(__always)
    func match(_ path: UnsafeRawBufferPointer, from offset: Int) -> RouteParameters? {
        var parameters = RouteParameters()
        // Behind the slash that begins the next segment; beyond the end when none is left.
        var start = 1
        for segment in segments {
            if case .rest = segment { return parameters }
            guard start <= path.count else { return nil }
            var end = start
            while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
            switch segment {
            case .literal(let word):
                guard end - start == word.count else { return nil }
                for index in 0..<word.count where path[start + index] != word[index] { return nil }
            case .parameter:
                guard end > start else { return nil }
                parameters.append(ByteRange(offset + start..<offset + end))
            case .rest: break
            }
            start = end + 1
        }
        // All of the path is used when its last segment was.
        return start == path.count + 1 ? parameters : nil
    }
}

/// The segments that stood for a pattern's parameters, as they are in the target: not
/// percent-decoded.
public struct RouteParameters: Hashable, Sendable {
    static let limit = 4

    private var ranges = InlineRanges()
    public private(set) var count = 0

    private struct InlineRanges: Hashable, Sendable {
        var first = ByteRange.absent
        var second = ByteRange.absent
        var third = ByteRange.absent
        var fourth = ByteRange.absent
    }

    /// Of a path without parameters.
    public init() {}

    public subscript(position: Int) -> ByteRange {
        precondition(position < count, "the route has fewer parameters")
        switch position {
        case 0: return ranges.first
        case 1: return ranges.second
        case 2: return ranges.third
        default: return ranges.fourth
        }
    }

    mutating func append(_ range: ByteRange) {
        switch count {
        case 0: ranges.first = range
        case 1: ranges.second = range
        case 2: ranges.third = range
        default: ranges.fourth = range
        }
        count += 1
    }
}

/// All routes of a server, tried in their order.
public struct RouteTable<Name: Hashable & Sendable>: Sendable {
    public enum Match: Hashable, Sendable {
        case route(Name, RouteParameters)
        /// The path exists; these are its methods.
        case otherMethods(MethodSet)
        case nothing
    }

    public let routes: [Route<Name>]

    /// A path that has GET has HEAD as well. OPTIONS is a method like any other: only a path
    /// whose route names it has it.
    public init(_ routes: [Route<Name>]) { self.routes = routes }

    /// The route of a request. HEAD is answered as GET is, without the body.
    public func match(
        _ method: Method, _ path: ByteRange, in bytes: UnsafeRawBufferPointer
    ) -> Match {
        let text = path.slice(of: bytes)
        guard text.first == UInt8(ascii: "/") else { return .nothing }
        var others = MethodSet()
        var isKnown = false
        for index in 0..<routes.count {
            guard let parameters = routes[index].match(text, from: path.lowerBound) else {
                continue
            }
            let methods = routes[index].methods
            if methods.contains(method) || method == .head && methods.contains(.get) {
                return .route(routes[index].name, parameters)
            }
            isKnown = true
            others.formUnion(methods)
        }
        guard isKnown else { return .nothing }
        if others.contains(.get) { others.insert(.head) }
        return .otherMethods(others)
    }
}
