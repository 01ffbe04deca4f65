import Foundation

/// A command a page of the documentation shows.
struct DocumentedCommand {
    /// Line of the page, from 1.
    var line: Int
    /// What a shell is given.
    var text: String
    /// The status the page shows, with `$ echo $?` in the next line.
    var status: Int32 = 0
    /// What the page shows as output; empty when it shows nothing.
    var output: [String] = []
}

/// The commands of a page in Markdown.
///
/// Commands are the lines of ```` ```sh ```` fences, and the lines that begin with `$ ` in indented blocks and in fences
/// without a language or with `console` or `text`, where the lines up to the next command are its output. A comment
/// `<!-- not run: reason -->` right before a block excuses it. A line that only sets a variable holds for the rest of
/// the page.
struct DocumentedPage {
    /// Commands to run, in order.
    private(set) var commands: [DocumentedCommand] = []
    /// Excused blocks.
    private(set) var excused: [(line: Int, reason: String)] = []
    /// Usage lines: those of indented blocks that begin with `tunerd`, each with the lines that go on with it.
    private(set) var synopses: [(line: Int, text: String)] = []
    /// What is wrong with the page itself.
    private(set) var problems: [String] = []

    private enum Kind { case script, transcript, other }

    private struct Block {
        var kind: Kind
        var firstLine: Int
        var lines: [String] = []
        var excuse: (line: Int, reason: String)?
    }

    init(_ text: String) {
        var assignments = ""
        for block in blocks(of: text) {
            let found = Self.commands(in: block)
            if let excuse = block.excuse {
                if found.isEmpty { problems.append("line \(excuse.line): there is no command to excuse") }
                if excuse.reason.isEmpty { problems.append("line \(excuse.line): an excuse needs a reason") }
                excused.append(excuse)
                continue
            }
            if found.isEmpty, let first = block.lines.first, first.hasPrefix("tunerd ") {
                for (index, line) in block.lines.enumerated() where !line.isEmpty {
                    if line.hasPrefix("tunerd ") {
                        synopses.append((block.firstLine + index, line))
                    } else {
                        synopses[synopses.count - 1].text += "\n" + line
                    }
                }
            }
            for var command in found {
                if command.text.wholeMatch(of: /[A-Z_]+=\S+/) != nil {
                    assignments += command.text + "; "
                } else {
                    command.text = assignments + command.text
                    commands.append(command)
                }
            }
        }
    }

    /// Fences and indented blocks, each with the excuse before it.
    private mutating func blocks(of text: String) -> [Block] {
        var found: [Block] = []
        var open: Block?
        var inFence = false
        var excuse: (line: Int, reason: String)?
        var lastBlank = true
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let number = index + 1
            if inFence {
                if line.hasPrefix("```") {
                    inFence = false
                    if let block = open { found.append(block) }
                    open = nil
                } else {
                    open?.lines.append(String(line))
                }
                continue
            }
            let isBlank = line.allSatisfy(\.isWhitespace)
            if open != nil {
                if isBlank || line.hasPrefix("    ") {
                    open?.lines.append(String(line.dropFirst(4)))
                    continue
                }
                if let block = open { found.append(block) }
                open = nil
            }
            defer { lastBlank = isBlank }
            if isBlank { continue }
            if let match = line.wholeMatch(of: /<!-- not run:(.*)-->/) {
                excuse = (number, match.1.trimmingCharacters(in: .whitespaces))
                continue
            }
            if line.hasPrefix("```") {
                let kind: Kind =
                    switch line.dropFirst(3) {
                    case "sh": .script
                    case "", "console", "text": .transcript
                    default: .other
                    }
                open = Block(kind: kind, firstLine: number + 1, excuse: excuse)
                inFence = true
                excuse = nil
            } else if line.hasPrefix("    "), lastBlank {
                open = Block(
                    kind: .transcript, firstLine: number, lines: [String(line.dropFirst(4))], excuse: excuse)
                excuse = nil
            } else if let unused = excuse {
                problems.append("line \(unused.line): the excuse is not right before a block")
                excuse = nil
            }
        }
        if let block = open { found.append(block) }
        if inFence { problems.append("the last fence is not closed") }
        return found
    }

    private static func commands(in block: Block) -> [DocumentedCommand] {
        if block.kind == .other { return [] }
        var commands: [DocumentedCommand] = []
        var continues = false
        var asksStatus = false
        for (index, line) in block.lines.enumerated() {
            let isCommand = block.kind == .script || line.hasPrefix("$ ")
            let text = block.kind == .script ? line : String(line.dropFirst(2))
            if continues, let last = commands.indices.last {
                commands[last].text += "\n" + line
            } else if isCommand {
                if text.isEmpty || text.hasPrefix("#") { continue }
                asksStatus = text == "echo $?"
                if asksStatus { continue }
                commands.append(DocumentedCommand(line: block.firstLine + index, text: text))
            } else if let last = commands.indices.last {
                if asksStatus, let status = Int32(line) {
                    commands[last].status = status
                } else {
                    commands[last].output.append(line)
                }
                continue
            } else {
                continue
            }
            continues = line.hasSuffix("\\")
        }
        for index in commands.indices {
            while commands[index].output.last?.isEmpty == true { commands[index].output.removeLast() }
        }
        return commands
    }
}
