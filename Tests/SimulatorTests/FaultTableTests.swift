import Foundation
import Simulator
import Testing

@Suite struct FaultTableTests {
    @Test func `each kind of fault stands in the table of the simulations' page`() throws {
        let page = try String(
            contentsOf: PlantedBugTests.project.appending(path: "Simulations/README.md"),
            encoding: .utf8)
        let table = try #require(page.firstRange(of: "\n| fault | how |\n|---|---|\n"))
        var named: [Substring] = []
        for row in page[table.upperBound...].split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            guard row.hasPrefix("| ") else { break }
            let first = row.dropFirst(2).prefix { $0 != "|" }.dropLast()
            named += first.split(separator: ", ")
        }
        // The last row isn't of a kind, but of what always is so.
        #expect(named.popLast() == "always")
        #expect(Set(named).count == named.count)
        #expect(Set(named.map(String.init)) == Set(FaultKind.allCases.map(\.rawValue)))
    }
}
