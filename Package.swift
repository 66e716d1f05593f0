// swift-tools-version: 6.2
import PackageDescription

// The pure targets list no target that touches the kernel; `HouseRulesTests` proves it for every
// import statement as well.
let package = Package(
    name: "keyclave",
    products: [
        .executable(name: "keyclave", targets: ["keyclave"]),
        .executable(name: "simulate", targets: ["simulate"]),
        .executable(name: "peers", targets: ["peers"]),
        .library(name: "KeyclaveClient", targets: ["KeyclaveClient"]),
    ],
    targets: [
        // Pure: bytes in, bytes out, nothing but the standard library, and in `CInstructions` the
        // processor's instructions that Swift has no word for.
        .systemLibrary(name: "CInstructions"),
        .target(name: "Basics", dependencies: ["CInstructions"]),
        .target(name: "Consensus", dependencies: ["Basics"]),
        .target(name: "Keyring", dependencies: ["Basics"]),
        .target(name: "Journal", dependencies: ["Basics"]),
        .target(name: "Replica", dependencies: ["Basics", "Consensus", "Keyring", "Journal"]),
        .target(name: "HTTP", dependencies: ["Basics"]),
        .target(
            name: "Simulator",
            dependencies: ["Replica", "Keyring", "Consensus", "Journal", "Basics"]),

        // The edge: the kernel, and what runs on it.
        .systemLibrary(name: "CLinux"),
        .target(name: "Linux", dependencies: ["Basics", "CLinux"]),
        .target(
            name: "Server",
            dependencies: [
                "Replica", "Keyring", "Journal", "Consensus", "HTTP", "Linux", "Basics",
            ]),
        .target(name: "KeyclaveClient", dependencies: ["HTTP", "Linux", "Basics"]),
        .executableTarget(
            name: "keyclave",
            dependencies: [
                "Server", "KeyclaveClient", "Keyring", "Journal", "Linux", "HTTP", "Basics",
            ]),
        .executableTarget(name: "simulate", dependencies: ["Simulator", "Basics"]),
        .executableTarget(name: "peers", dependencies: ["Linux", "Basics"]),

        .testTarget(name: "BasicsTests", dependencies: ["Basics"]),
        .testTarget(
            name: "ConsensusTests", dependencies: ["Consensus", "Basics"], exclude: ["Scripts"]),
        .testTarget(name: "KeyringTests", dependencies: ["Keyring", "Simulator", "Basics"]),
        .testTarget(name: "JournalTests", dependencies: ["Journal", "Simulator", "Basics"]),
        .testTarget(
            name: "ReplicaTests",
            dependencies: [
                "Replica", "Consensus", "Keyring", "Journal", "Simulator", "Linux", "Basics",
            ]),
        .testTarget(
            name: "SimulatorTests",
            dependencies: [
                "simulate", "Simulator", "Replica", "Consensus", "Keyring", "Basics",
            ]),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Basics"]),
        .testTarget(name: "LinuxTests", dependencies: ["Linux", "Basics"]),
        .testTarget(
            name: "ServerTests",
            dependencies: ["Server", "Replica", "Keyring", "HTTP", "Linux", "Basics"]),
        .testTarget(
            name: "KeyclaveClientTests",
            dependencies: [
                "KeyclaveClient", "keyclave", "Server", "Keyring", "HTTP", "Linux", "Basics",
            ]),
        .testTarget(name: "PeersTests", dependencies: ["peers", "Basics"]),
        // Whole nodes as processes: the programs are dependencies so that they get built.
        .testTarget(
            name: "ClusterTests",
            dependencies: ["keyclave", "peers", "KeyclaveClient", "Linux", "HTTP", "Basics"]),
        .testTarget(name: "HouseRulesTests"),
    ],
    swiftLanguageModes: [.v6]
)

// Under the thread sanitizer, only the key table and the client library, whose threads share most,
// and the tests of that: a build of everything with it takes minutes more.
if Context.environment["KEYCLAVE_SANITIZED"] != nil {
    let modules: Set = [
        "CInstructions", "Basics", "Keyring", "HTTP", "CLinux", "Linux", "KeyclaveClient",
    ]
    package.products = []
    package.targets.removeAll { !modules.contains($0.name) }
    package.targets += [
        .testTarget(
            name: "KeyringTests", dependencies: ["Keyring", "Basics"],
            sources: [
                "KeyTableStressTests.swift", "TestTable.swift", "KeyIndexStressTests.swift",
                "KeyIndexView.swift", "MemoryPoolTests.swift",
            ]),
        .testTarget(
            name: "KeyclaveClientTests",
            dependencies: ["KeyclaveClient", "HTTP", "Linux", "Basics"], sources: ["Calls"]),
    ]
}

// What a power cut would leave is kept by the server alone: after a build with it, one without it
// compiles no other module anew but those that stand on it.
if Context.environment["KEYCLAVE_SHADOW_DISK"] != nil {
    for target in package.targets where ["Server", "ServerTests"].contains(target.name) {
        target.swiftSettings = [.define("SHADOW_DISK")]
    }
}
