import Foundation
import Testing

@testable import Plugins

/// The parts a library is loaded and watched with.
@Suite("Guarded memory and hashes")
struct GuardedMemoryTests {
    @Test(
        "SHA-256 of the vectors of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1_000_000),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
            ),
        ])
    func hashes(_ text: String, _ expected: String) {
        #expect(SHA256.hexadecimal(Array(text.utf8)) == expected)
    }

    @Test("pieces are zero, aligned, apart, and whole until something beside them changes")
    func pieces() throws {
        let sizes = [4, 0, 5, 4096, 63]
        let block = try #require(GuardedBlock(sizes: sizes))
        for (piece, size) in zip(block.pieces, sizes) {
            #expect(UInt(bitPattern: piece) % 64 == 0)
            let bytes = UnsafeMutableRawBufferPointer(start: piece, count: size)
            #expect(bytes.allSatisfy { $0 == 0 })
            for index in bytes.indices { bytes[index] = 0xFF }
        }
        #expect(block.damaged == nil)
    }

    @Test("one byte beside any piece is found, on either side, and laid at the right one")
    func everyNeighbourIsWatched() throws {
        let sizes = [4, 0, 5, 4096, 63]
        for (index, size) in sizes.enumerated() {
            for distance in [0, 1, 63] {
                let block = try #require(GuardedBlock(sizes: sizes))
                let byte = block.pieces[index].advanced(by: size + distance)
                byte.storeBytes(of: byte.load(as: UInt8.self) ^ 1, as: UInt8.self)
                #expect(block.damaged == index)
            }
        }
        let block = try #require(GuardedBlock(sizes: sizes))
        block.pieces[0].advanced(by: -1).storeBytes(of: 0, as: UInt8.self)
        #expect(block.damaged == 0)
    }

    @Test("what lies beside a piece reads as a number that spoils every result")
    func canaryIsNotANumber() throws {
        let block = try #require(GuardedBlock(sizes: [8]))
        let floats = block.pieces[0].assumingMemoryBound(to: Float.self)
        #expect(floats[-1].isNaN && floats[2].isNaN)
    }
}
