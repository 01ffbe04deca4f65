/// The file a command writes its observations to, followed line by line.
final class ObservationFile {
    private let file: FollowedFile
    private var lines: ObservationLines

    /// - Parameters:
    ///   - description: where it is and how it is written.
    ///   - pattern: for its lines, if it has one.
    init(_ description: AttemptSpec.ObservationFile, pattern: ObservationPattern?) {
        file = FollowedFile(description.path)
        lines = ObservationLines(description.format, pattern: pattern, columns: file.firstLineBefore)
    }

    /// Why no metric may have been seen.
    var trouble: String? {
        switch file.trouble {
        case .missing: "no file '\(file.path)' was written"
        case .notAFile: "'\(file.path)' is no regular file"
        case .unreadable(let why): "'\(file.path)' cannot be read: \(why)"
        case nil: nil
        }
    }

    /// Takes what has come since the last look into a reading.
    ///
    /// - Parameters:
    ///   - isEnd: whether the program has ended, so that a line without newline is whole.
    ///   - reading: of the attempt.
    ///   - onObservation: gets every observation.
    func read(isEnd: Bool = false, into reading: inout CommandReading, _ onObservation: (Observation) -> Void)
    {
        func take(_ event: FollowedFile.Event) {
            switch event {
            case .restart:
                lines.restart()
                reading.restartFile()
            case .line(let line):
                if let observation = reading.add(lines.read(line)) { onObservation(observation) }
            }
        }
        if isEnd { file.finish(take) } else { file.read(take) }
    }
}
