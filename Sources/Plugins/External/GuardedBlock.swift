internal import CTunerSystem
internal import Foundation

/// Memory lent to a library: several pieces in one mapping, each followed by bytes that must not change, with a page that
/// cannot be touched at both ends.
///
///     | guard page | slack | canary piece canary piece canary | guard page |
///
/// A loop that runs a little too far changes a canary, which `damaged` finds after the call; one that runs far ends the
/// process. The canary is a NaN in every aligned float, so that reading it spoils the result visibly too. Pieces begin at
/// multiples of 64 bytes.
final class GuardedBlock {
    /// First bytes of the pieces.
    let pieces: [UnsafeMutableRawPointer]
    /// Sizes of the pieces in bytes.
    let sizes: [Int]
    private let base: UnsafeMutableRawPointer
    private let length: Int
    private let page: Int

    /// Offsets of the bytes that must not change: those before the first piece, then those behind each.
    private let gaps: [Range<Int>]

    private static let alignment = 64

    /// The byte at an offset of a gap: of 0x7FD5C3A5, a NaN.
    private static func canary(_ offset: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: UInt32(0x7FD5_C3A5) >> UInt32(8 * (offset & 3)))
    }

    /// Zeroed memory; `nil`, with errno, when there is none.
    ///
    /// - Parameter sizes: bytes of each piece.
    init?(sizes: [Int]) {
        page = sysconf(Int32(_SC_PAGESIZE))
        let steps = sizes.map { ($0 + Self.alignment - 1) / Self.alignment * Self.alignment + Self.alignment }
        let used = steps.reduce(Self.alignment, +)
        let inner = (used + page - 1) / page * page
        length = inner + 2 * page
        guard let mapped = mmap(nil, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            mapped != MAP_FAILED
        else { return nil }
        base = mapped
        self.sizes = sizes
        // Pieces lie at the far end, where loops run to.
        let first = page + (inner - used) + Self.alignment
        var starts: [Int] = []
        var gaps = [(first - Self.alignment)..<first]
        for (size, step) in zip(sizes, steps) {
            let start = gaps[gaps.count - 1].upperBound
            starts.append(start)
            gaps.append((start + size)..<(start + step))
        }
        pieces = starts.map { mapped + $0 }
        self.gaps = gaps
        guard mprotect(mapped + page, inner, PROT_READ | PROT_WRITE) == 0 else { return nil }
        for offset in gaps.joined() {
            base.storeBytes(of: Self.canary(offset), toByteOffset: offset, as: UInt8.self)
        }
    }

    deinit { munmap(base, length) }

    /// The piece beside which something was written, or `nil`.
    var damaged: Int? {
        for (index, gap) in gaps.enumerated()
        where gap.contains(where: { base.load(fromByteOffset: $0, as: UInt8.self) != Self.canary($0) }) {
            return max(0, index - 1)
        }
        return nil
    }

    /// Forbids or allows writing to the pieces.
    func setReadOnly(_ isReadOnly: Bool) {
        mprotect(base + page, length - 2 * page, isReadOnly ? PROT_READ : PROT_READ | PROT_WRITE)
    }

    /// Where it lies, for the message after a crash.
    func place(_ label: StaticString, isReadOnly: Bool = false) -> tuner_guarded {
        tuner_guarded(
            label: UnsafeRawPointer(label.utf8Start).assumingMemoryBound(to: CChar.self),
            low: UInt(bitPattern: base), high: UInt(bitPattern: base) + UInt(length),
            is_read_only: isReadOnly ? 1 : 0)
    }
}
