import Engine
import Foundation
import TestSupport
import Testing

@testable import Plugins

/// Only libraries that nobody else can have changed are read.
@Suite("Trust in library files", .enabled(if: PluginCompiler.hasC))
struct LibraryFileTests {
    private let folder: ScratchFolder
    private let library: String

    init() throws {
        folder = try ScratchFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/inner", withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o755])
        library = folder.path + "/inner/libfaulty.so"
        try PluginCompiler.build("Tests/Fixtures/plugins/faulty.c", as: library, flags: ["-DFAULT=SOUND"])
        chmod(library, 0o755)
    }

    private func code(_ path: String, user: uid_t = geteuid()) -> String? {
        do {
            _ = try LibraryFile(path, user: user)
            return nil
        } catch { return (error as? EngineError)?.code ?? "\(error)" }
    }

    @Test("a library of the user's own is read whole")
    func ownLibrary() throws {
        #expect(try LibraryFile(library).bytes == Array(Data(contentsOf: URL(fileURLWithPath: library))))
    }

    @Test(
        "a file or folder others may write to is refused, wherever on the way it is",
        arguments: [
            ("/inner/libfaulty.so", 0o775), ("/inner/libfaulty.so", 0o757), ("/inner", 0o775),
            ("/inner", 0o757),
            ("", 0o777), ("/inner", 0o1777),
        ])
    func writableByOthers(_ place: String, _ mode: Int) throws {
        chmod(folder.path + place, mode_t(mode))
        #expect(code(library) == "plugin-not-trusted")
        chmod(folder.path + place, 0o755)
        #expect(code(library) == nil)
    }

    @Test("a sticky folder on the way is fine: nobody else can rename what is in it")
    func stickyFolder() {
        chmod(folder.path, 0o1777)
        #expect(code(library) == nil)
    }

    @Test("a library of another user is refused")
    func otherOwner() {
        // Root can give the file away; others can only ask for somebody else.
        if geteuid() == 0 {
            chown(library, 12345, 12345)
            #expect(code(library) == "plugin-not-trusted")
        } else {
            #expect(code(library, user: geteuid() + 1) == "plugin-not-trusted")
        }
    }

    @Test("a link is followed once, and it is the target and its way that are checked")
    func links() throws {
        let link = folder.path + "/link.so"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: library)
        #expect(try LibraryFile(link).path == URL(fileURLWithPath: library).resolvingSymlinksInPath().path)
        chmod(folder.path + "/inner", 0o777)
        #expect(code(link) == "plugin-not-trusted")
    }

    @Test("what is no library of this machine is said to be none")
    func otherFiles() throws {
        func written(_ name: String, _ bytes: [UInt8]) throws -> String {
            let path = folder.path + "/inner/" + name
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            chmod(path, 0o644)
            return path
        }
        let sound = try LibraryFile(library).bytes
        var narrow = sound, executable = sound, foreign = sound
        narrow[4] = 1
        executable[16] = 2
        foreign[18] = 0xF3
        for (name, bytes) in [
            ("empty", []), ("text", Array("#!/bin/sh\n".utf8)), ("half", Array(sound.prefix(40))),
            ("narrow", narrow), ("executable", executable), ("foreign", foreign),
        ] {
            #expect(code(try written(name, bytes)) == "plugin-not-a-library", "\(name)")
        }
        #expect(code(folder.path + "/inner") == "plugin-not-a-library")
        mkfifo(folder.path + "/inner/pipe", 0o644)
        #expect(code(folder.path + "/inner/pipe") == "plugin-not-a-library")
        #expect(code(folder.path + "/nowhere.so") == "plugin-not-found")
    }
}
