/// The units in which disks tear. Fixed when a directory is formatted and kept in its identity
/// file.
public struct Geometry: Hashable, Sendable {
    /// What a disk writes as a whole or not at all. Batches start at multiples of it, so no sector
    /// that was synced is ever written again.
    public var sectorBytes: Int
    /// What a disk loses at once at worst. The two copies of whatever must not be lost are in
    /// different pages.
    public var pageBytes: Int

    static let smallestSectorBytes = 128

    /// Requires powers of two, sectors of at least 128 bytes and pages of at least two sectors.
    public init(sectorBytes: Int, pageBytes: Int) {
        precondition(Geometry.isValid(sectorBytes: sectorBytes, pageBytes: pageBytes))
        self.sectorBytes = sectorBytes
        self.pageBytes = pageBytes
    }

    /// Sectors of 512 bytes, pages of 4 KiB. (Tests use smaller ones, to flip every bit.)
    public static let disk = Geometry(sectorBytes: 512, pageBytes: 4096)

    static func isValid(sectorBytes: Int, pageBytes: Int) -> Bool {
        sectorBytes >= smallestSectorBytes && sectorBytes.nonzeroBitCount == 1
            && pageBytes.nonzeroBitCount == 1
            && pageBytes >= 2 * sectorBytes && pageBytes <= 1 << 20
    }

    func sectorUp(_ offset: Int) -> Int { (offset + sectorBytes - 1) & ~(sectorBytes - 1) }
    func nextPage(after offset: Int) -> Int { (offset & ~(pageBytes - 1)) + pageBytes }
}
