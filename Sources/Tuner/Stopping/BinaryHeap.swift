/// A binary heap: the first element in a given order is at hand, insertion and removal cost O(log n).
struct BinaryHeap<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private let precedes: @Sendable (Element, Element) -> Bool

    /// An empty heap.
    ///
    /// - Parameter precedes: a strict order; the element that precedes all others comes out first.
    init(_ precedes: @escaping @Sendable (Element, Element) -> Bool) { self.precedes = precedes }

    var count: Int { elements.count }
    var isEmpty: Bool { elements.isEmpty }
    /// The element that comes out next.
    var first: Element? { elements.first }

    mutating func insert(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(elements[child], elements[parent]) else { return }
            elements.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() -> Element? {
        guard let first = elements.first, let last = elements.popLast() else { return nil }
        guard !elements.isEmpty else { return first }
        elements[0] = last
        var parent = 0
        while true {
            var next = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < elements.count && precedes(elements[child], elements[next]) {
                next = child
            }
            guard next != parent else { return first }
            elements.swapAt(parent, next)
            parent = next
        }
    }
}
