import Basics

public struct RunPicture {
    public init(_ simulation: Simulation, _ report: Simulation.Report, command: String) {}
    public var page: String { "" }
}
