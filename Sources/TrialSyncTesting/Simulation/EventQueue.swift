import Foundation

/// What is still to happen in a simulated trial, by virtual time; of the same moment in the order in which it
/// was put in.
struct EventQueue {
    enum Event {
        case step(Step)
        /// A request reaches the centre; one that was cut or repeated is not answered to anybody.
        case request(Message, isAnswered: Bool)
        case answer(Message)
        /// The laptop waits no longer for the answer to a message.
        case timeout(exchange: Int, message: Int)
        /// There is room on the laptop's disk again, or, without one, on the centre's.
        case emptyDisk(laptop: Int?)
    }

    /// A body on its way, of one exchange of one laptop.
    struct Message {
        let laptop: Int
        let exchange: Int
        let number: Int
        var body: Data
    }

    private var heap: [(time: Int64, order: Int, event: Event)] = []
    private var order = 0

    var isEmpty: Bool { heap.isEmpty }

    mutating func add(_ event: Event, at time: Int64) {
        order += 1
        heap.append((time, order, event))
        var child = heap.count - 1
        while child > 0, precedes(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: Int64, event: Event)? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) {
                least = child
            }
            guard least != parent else { return (first.time, first.event) }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
    }
}
