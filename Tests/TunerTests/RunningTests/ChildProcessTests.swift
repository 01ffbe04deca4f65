import Foundation
import Synchronization
import Testing

@testable import Tuner

@Suite struct ChildProcessTests {
    private struct Run: Sendable {
        var exit: ChildExit
        var output: [String]
        var error: [String]
    }

    private func run(
        _ launch: ChildLaunch, _ meanwhile: @escaping @Sendable (ChildProcess) async -> Void = { _ in }
    )
        async throws -> Run
    {
        let child = ChildProcess(launch)
        async let other: Void = meanwhile(child)
        let result = await DedicatedThread.run("test-child") { () -> Result<Run, TunerError> in
            var output: [String] = [], error: [String] = []
            do throws(TunerError) {
                let exit = try child.run { source, line in
                    let text = String(decoding: line, as: UTF8.self)
                    if source == .output { output.append(text) } else { error.append(text) }
                }
                return .success(Run(exit: exit, output: output, error: error))
            } catch { return .failure(error) }
        }
        await other
        return try result.get()
    }

    private func shell(_ script: String, grace: Double = 10) -> ChildLaunch {
        ChildLaunch(arguments: ["sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"], grace: grace)
    }

    @Test func outputAndStatusComeBack() async throws {
        let run = try await run(shell("echo one; echo two >&2; printf three; exit 3"))
        #expect(run.exit.status == .exited(3))
        #expect(run.output == ["one", "three"])
        #expect(run.error == ["two"])
        #expect(run.exit.summary == "exited with status 3")
    }

    @Test func inputIsDeliveredAndClosed() async throws {
        var launch = shell("cat; echo done")
        launch.takesInput = true
        let large = String(repeating: "x", count: 60_000)
        let run = try await run(launch) { child in
            for index in 0..<20 { child.send(Data("\(index) \(large)\n".utf8)) }
            child.closeInput()
        }
        #expect(run.output.count == 21)
        #expect(run.output[19] == "19 \(large)")
        #expect(run.output.last == "done")
    }

    @Test func aLineBeyondTheLimitIsCutAndTheNextOneIsWhole() async throws {
        let run = try await run(shell("head -c 200000 /dev/zero | tr '\\0' y; echo; echo next"))
        #expect(run.output.map(\.utf8.count) == [TrialProtocol.longestLine, 4])
    }

    @Test func terminationReachesGrandchildrenAndKillsWhatIgnoresIt() async throws {
        let pids = Mutex([Int]())
        let child = ChildProcess(
            shell("trap '' TERM; (trap '' TERM; sleep 600) & echo $! $$; wait; sleep 600", grace: 0.3))
        let start = ContinuousClock.now
        let status = await DedicatedThread.run("test-child") { () -> ChildExit.Status? in
            try? child.run { _, line in
                pids.withLock {
                    $0 = String(decoding: line, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
                }
                child.terminate()
            }.status
        }
        #expect(status == .signalled(SIGKILL))
        #expect(start.duration(to: .now) < .seconds(500))
        let started = pids.withLock { $0 }
        #expect(started.count == 2)
        #expect(await eventually { !started.contains(where: isRunning) })
    }

    @Test func whatTheProcessLeavesBehindIsKilled() async throws {
        let start = ContinuousClock.now
        let run = try await run(shell("sleep 600 & echo $!"))
        #expect(run.exit.status == .exited(0))
        #expect(start.duration(to: .now) < .seconds(500))
        let left = try #require(Int(run.output[0]))
        #expect(await eventually { !isRunning(left) })
    }

    @Test func terminationBeforeTheStartEndsTheProcessAtOnce() async throws {
        let child = ChildProcess(shell("sleep 600"))
        child.terminate()
        let status = await DedicatedThread.run("test-child") { try? child.run { _, _ in }.status }
        #expect(status == .signalled(SIGTERM))
    }

    @Test func aMissingProgramAndFolderAreNamed() async throws {
        let missing = await #expect(throws: TunerError.self) {
            try await run(
                ChildLaunch(arguments: ["no-such-program-here"], environment: ["PATH": "/usr/bin:/bin"]))
        }
        #expect(missing?.message == "there is no program 'no-such-program-here'")
        let path = await #expect(throws: TunerError.self) {
            try await run(ChildLaunch(arguments: ["/no/such"], environment: [:]))
        }
        #expect(path?.why == "No such file or directory")
        var launch = shell("true")
        launch.workingDirectory = "/no/such/folder"
        let folder = await #expect(throws: TunerError.self) { try await run(launch) }
        #expect(folder?.message.contains("/no/such/folder") == true)
    }

    @Test func theChildInheritsNoDescriptorsAndNoBlockedSignals() async throws {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        defer { ends.forEach { close($0) } }
        let run = try await run(
            shell("ls /proc/self/fd; grep SigBlk /proc/self/status; ps -o pgid= -p $$; echo $$"))
        // 3 is the folder that ls reads.
        #expect(run.output.prefix(4) == ["0", "1", "2", "3"])
        #expect(run.output.contains { $0.hasPrefix("SigBlk") && $0.hasSuffix("0000000000000000") })
    }

    @Test func manyProcessesLeaveNoDescriptorsAndNoZombies() async throws {
        // Pipes only: other suites of this process hold databases and files meanwhile.
        func openPipes() -> Int {
            let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            return numbers.count { number in
                let target = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/self/fd/\(number)")
                return target?.hasPrefix("pipe:") ?? false
            }
        }
        let before = openPipes()
        for _ in 0..<10 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<10 {
                    group.addTask {
                        let exit = try await run(shell("exit \(index)")).exit
                        #expect(exit.status == .exited(Int32(index)))
                    }
                }
                try await group.waitForAll()
            }
        }
        // Other tests have some tens of pipes of their own; a leak would be at least two for each of 100 processes.
        #expect(await eventually { openPipes() < before + 100 })
    }
}
