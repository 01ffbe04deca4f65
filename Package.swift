// swift-tools-version: 6.2
import PackageDescription

/// One language setting for every target: Swift 6 mode, spelled-out existentials and imports, no warnings.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// Numeric targets are optimised in debug builds too: without it tests that train are sixty times slower.
let numeric: [SwiftSetting] = house + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// With `TUNERD_CONFORMANCE` in the environment only engine, plugins, methods and their suites remain, which need no other
/// package: what `make conformance` builds with optimisation.
let isConformance = Context.environment["TUNERD_CONFORMANCE"] != nil
let leftOutOfConformance: Set<String> = [
    "CYAML", "Tuner", "tunerd", "engine-bench", "ScalingLawsTests", "TunerTests", "DaemonTests",
]

let package = Package(
    name: "tunerd",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "tunerd", targets: ["tunerd"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "CTunerPlugin"),
        .target(name: "CTunerSystem"),
        .target(
            name: "CTunerKernels", exclude: ["kernels.inc"],
            cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),

        .target(name: "ScalingLaws", exclude: ["README.md"], swiftSettings: numeric),
        .target(
            name: "Engine", dependencies: ["COpenBLAS", "CTunerKernels", "CTunerSystem"],
            exclude: ["README.md"], swiftSettings: numeric),
        .target(
            name: "Plugins",
            dependencies: [
                "CTunerKernels", "CTunerPlugin", "CTunerSystem", "Engine", "Methods", "ScalingLaws",
            ],
            exclude: ["README.md"], swiftSettings: numeric),
        .target(
            name: "Methods", dependencies: ["Engine", "ScalingLaws"],
            exclude: ["README.md"], swiftSettings: numeric),
        .target(
            name: "Tuner",
            dependencies: [
                "COpenBLAS", "CYAML", "CTunerSystem", "Engine", "Plugins", "ScalingLaws",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            exclude: ["README.md"], swiftSettings: house),
        .executableTarget(
            name: "tunerd",
            dependencies: [
                "Tuner", "CTunerSystem",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            exclude: ["README.md"], swiftSettings: house),

        .executableTarget(
            name: "engine-bench", dependencies: ["Engine", "Plugins"], path: "Benchmarks/engine-bench",
            swiftSettings: numeric),

        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: numeric),
        .testTarget(
            name: "ScalingLawsTests", dependencies: ["ScalingLaws", "TestSupport"],
            resources: [.copy("Golden")], swiftSettings: numeric),
        .testTarget(
            name: "EngineTests", dependencies: ["CTunerKernels", "Engine", "TestSupport"],
            resources: [.copy("Golden")], swiftSettings: numeric),
        .testTarget(
            name: "PluginsTests",
            dependencies: [
                "CAllocationCount", "CTunerKernels", "Plugins", "Engine", "Methods", "ScalingLaws",
                "TestSupport",
            ],
            resources: [.copy("Golden")], swiftSettings: numeric),
        .testTarget(
            name: "MethodsTests", dependencies: ["Methods", "Engine", "ScalingLaws", "TestSupport"],
            resources: [.copy("Golden")], swiftSettings: numeric),
        .testTarget(
            name: "TunerTests", dependencies: ["Tuner", "TestSupport"],
            resources: [.copy("Golden")], swiftSettings: house),
        .testTarget(
            name: "DaemonTests", dependencies: ["Tuner", "TestSupport", "tunerd"],
            resources: [.copy("Golden")], swiftSettings: house),
    ]
)

if isConformance {
    package.targets.removeAll { leftOutOfConformance.contains($0.name) }
    package.products = []
    package.dependencies = []
}
