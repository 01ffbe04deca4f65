import Synchronization
import Testing

@testable import Tuner

@Suite struct RungTests {
    @Test func aRungKeepsWhatFewerThanItsQuotaBeat() {
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = TestRandom(state: seed)
        for share in [Rung.Share.oneIn(3), .oneIn(2), .half] {
            var rung = Rung(share, objectiveCount: 1)
            var values: [Double] = []
            for trial in 1...200 {
                // Ties, and infinities of diverged trials, are among them.
                let value =
                    trial % 17 == 0 ? .infinity : Double(Int.random(in: 0..<40, using: &random))
                values.append(value)
                rung.insert(trial, [value])
                rung.insert(trial, [-1])
                let probe = Double(Int.random(in: -1..<41, using: &random))
                let better = values.count { $0 < probe }
                #expect(
                    rung.keeps([probe]) == (better < share.quota(values.count)),
                    "seed \(seed), \(share), trial \(trial), probe \(probe)")
            }
            #expect(rung.count == 200)
        }
    }

    @Test func severalObjectivesAreRankedByHowManyDominate() {
        var rung = Rung(.oneIn(2), objectiveCount: 2)
        for (trial, point) in [[1.0, 4], [2, 3], [3, 2], [4, 1]].enumerated() { rung.insert(trial, point) }
        // A front: all are kept, although the quota is two.
        #expect(rung.keeps([1, 4]) && rung.keeps([4, 1]))
        // Dominated by one: still kept; by two: not.
        #expect(rung.keeps([1.5, 4.5]))
        #expect(!rung.keeps([2.5, 4.5]))
        #expect(!rung.keeps([9, 9]))
    }

    @Test func theQuotaIsOneInEtaAndAtLeastOne() {
        #expect((1...9).map(Rung.Share.oneIn(3).quota) == [1, 1, 1, 1, 1, 2, 2, 2, 3])
        #expect((1...5).map(Rung.Share.half.quota) == [1, 1, 2, 2, 3])
    }

    @Test func aHeapGivesItsElementsInOrder() {
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = TestRandom(state: seed)
        var heap = BinaryHeap<Int> { $0 < $1 }
        var expected: [Int] = []
        for _ in 0..<500 {
            let value = Int.random(in: 0..<100, using: &random)
            heap.insert(value)
            expected.append(value)
        }
        expected.sort()
        var found: [Int] = []
        while let value = heap.removeFirst() { found.append(value) }
        #expect(found == expected, "seed \(seed)")
        #expect(heap.isEmpty)
    }

    @Test func aHeapComparesALogarithmOfItsElements() {
        let count = Mutex(0)
        var heap = BinaryHeap<Int> { a, b in
            count.withLock { $0 += 1 }
            return a < b
        }
        // Descending, so that every insertion rises to the top.
        for value in (0..<20_000).reversed() { heap.insert(value) }
        let inserted = count.withLock { $0 }
        while heap.removeFirst() != nil {}
        let removed = count.withLock { $0 } - inserted
        // log2(20,000) is 14.3: one comparison a level on the way up, two on the way down.
        #expect(inserted <= 20_000 * 15)
        #expect(removed <= 20_000 * 30)
    }

    @Test func rungsAreAFactorEtaApartAndBelowTheBudget() {
        let three = RungLadder(choice: .init(rule: .successiveHalving, minTokens: 100))
        #expect(three.rungs(tokenBudget: 2700) == [100, 300, 900])
        #expect(three.rungs(tokenBudget: 2701) == [100, 300, 900, 2700])
        #expect(three.rungs(tokenBudget: 100) == [])
        #expect(
            RungLadder(choice: .init(rule: .successiveHalving, eta: 2)).rungs(tokenBudget: 800)
                == [100, 200, 400])
    }

    @Test func bracketsGetHyperbandsSharesAndReplicatesStayTogether() {
        let brackets = HyperbandBrackets(eta: 3, replicates: 2, seed: 7)
        var counts = [0, 0, 0]
        for number in 1...3400 { counts[brackets.bracket(of: number, rungs: 2)] += 1 }
        // ceil(3/3 * 9) = 9, ceil(3/2 * 3) = 5, 3 of 17.
        for (count, share) in zip(counts, [9.0, 5, 3]) {
            #expect(abs(Double(count) / 3400 - share / 17) < 0.005, "\(counts)")
        }
        for pair in stride(from: 1, to: 200, by: 2) {
            #expect(brackets.bracket(of: pair, rungs: 3) == brackets.bracket(of: pair + 1, rungs: 3))
        }
        #expect(brackets.bracket(of: 5, rungs: 0) == 0)
    }
}
