internal import Engine

/// The wording of everything that can be wrong with a library from outside.
///
/// The codes are part of the interface and are listed in `docs/plugins-from-outside.md`.
enum LibraryFailure {
    static func notFound(_ path: String, why: String) -> EngineError {
        EngineError(
            code: "plugin-not-found", message: "cannot open the plugin '\(path)'", why: why,
            help: "give the path of a shared library; a relative one is taken from the sweep file's folder")
    }

    static func notTrusted(_ path: String, why: String, help: String) -> EngineError {
        EngineError(
            code: "plugin-not-trusted",
            message: "the plugin '\(path)' is not loaded: others could replace it",
            why: why, help: help)
    }

    static func notALibrary(_ path: String, why: String) -> EngineError {
        EngineError(
            code: "plugin-not-a-library", message: "'\(path)' is no shared library for this machine",
            why: why,
            help: "build it here with: cc -O2 -fPIC -shared -o libname.so name.c")
    }

    static func notLoadable(_ path: String, why: String) -> EngineError {
        EngineError(
            code: "plugin-not-loadable", message: "the plugin '\(path)' cannot be loaded", why: why,
            help: "link it with everything it uses; 'ldd -r' shows what is missing")
    }

    static func noEntry(_ path: String, newer: String?) -> EngineError {
        EngineError(
            code: "plugin-symbol-missing",
            message: "the plugin '\(path)' has no function '\(LoadedLibrary.entryName)'",
            why: newer.map { "it has '\($0)', of another version of the interface" }
                ?? "every plugin exports it, with C linkage and default visibility",
            help: newer == nil
                ? "declare it with TUNERD_EXPORT (in C++ inside extern \"C\"); 'nm -D' lists what is exported"
                : "build it with the tunerd_plugin.h of this version of tunerd")
    }

    static func wrongVersion(_ path: String, _ version: UInt32, expected: UInt32) -> EngineError {
        EngineError(
            code: "plugin-abi-version",
            message: "the plugin '\(path)' is for version '\(version)' of the interface",
            why: "this program speaks version \(expected)",
            help: "build it with the tunerd_plugin.h of this version of tunerd")
    }

    static func badTable(_ path: String, _ what: String, help: String? = nil) -> EngineError {
        EngineError(
            code: "plugin-table-invalid", message: "the table of the plugin '\(path)' is wrong: \(what)",
            why: "hyperparameters, defaults and the law's prior are read from it",
            help: help ?? "see the comments of tunerd_plugin.h")
    }

    static func changed(_ path: String, expected: String, found: String) -> EngineError {
        EngineError(
            code: "plugin-changed", message: "the plugin '\(path)' has changed since the sweep began",
            why:
                "its SHA-256 was \(expected.prefix(12))... and is \(found.prefix(12))...: the sweep's trials "
                + "would be of two optimizers",
            help: "put the old library back and resume, or run the new one as a sweep of another name")
    }

    static func returnedError(_ path: String, _ function: String, _ message: String) -> EngineError {
        EngineError(
            code: "plugin-failed", message: "the plugin '\(path)' refused '\(function)': \(message)")
    }

    static func outOfBounds(_ path: String, _ function: String, _ place: String) -> EngineError {
        EngineError(
            code: "plugin-out-of-bounds",
            message: "the plugin '\(path)' wrote outside '\(place)' in '\(function)'",
            why: "the bytes around the memory it was given have changed",
            help:
                "build it with -fsanitize=address,undefined, or compare its loops with the counts it is given"
        )
    }

    static func noMemory(_ path: String, _ bytes: Int64, _ place: String, why: String) -> EngineError {
        EngineError(
            code: "plugin-memory", message: "there is no memory for '\(bytes)' bytes of \(place)", why: why,
            help: "see what '\(path)' asks for in state_size and scratch_size")
    }

    static func singlePrecision(_ name: String) -> EngineError {
        EngineError(
            code: "plugin-precision",
            message: "the optimizer '\(name)' from outside works in single precision",
            why: "version 1 of the plugin interface has tensors of type float")
    }
}
