import Foundation
import TrialSyncTesting

#if os(Linux)
/// What the disks of two machines could hold after their power was lost at a moment of a ``PowerRecord``.
///
/// The model is that of ALICE (Pillai and others, OSDI 2014) and CrashMonkey (Mohan and others, OSDI 2018),
/// for a file system that keeps names in a journal and data outside of it, as ext4 does, and is stricter than
/// that one:
///
/// - A write, and a file's length, is on the disk once an `fsync` or `fdatasync` of the file has ended that
///   began after it. Of those that came later each is there or not by a draw of its own, whatever came of the
///   others; one that is not may be there in part, torn between two sectors of 512 bytes at either side, or
///   leave zeros where it would have made the file longer.
/// - A name that was made, changed or removed is on the disk once an `fsync` of a directory that it concerns
///   has ended that began after it; and so is each that came before it on that machine, since the journal
///   keeps their order. Of those that came later a prefix is there, of a length that is drawn. To flush a
///   file does not keep its name.
/// - Nothing is there that was not written: no sector holds anything else, and what is on the disk stays as
///   it is. Times and permissions are not part of it.
///
/// A machine whose power is not lost has all that was done up to the moment, as after `kill -9`.
struct PowerDisk {
    /// Whose disk it is.
    enum Machine: CaseIterable, Sendable { case laptop, centre }

    /// A file or folder that there was at some time, under whatever name.
    struct Thing {
        let number: UInt64
        let isFolder: Bool
        let machine: Machine
        /// What was written, and how long it was made.
        var changes: [PowerRecord.Entry] = []
        /// When a call ended that flushed it, and what that covers.
        var flushes: [(end: Int, covers: Int)] = []

        /// Up to where in the record it is on the disk at this moment.
        func covered(at moment: Int) -> Int {
            flushes.filter { $0.end < moment }.map { $0.covers }.max() ?? -1
        }
    }

    /// A name, in the folder that had it.
    struct Name {
        let folder: Int
        let text: String
    }

    /// What was done to names.
    struct Naming {
        let position: Int
        let machine: Machine
        let thing: Int
        let from: Name?
        let to: Name?
    }

    /// What stands under a name, the folder before what it holds.
    struct Found {
        let path: String
        let thing: Int
        /// `nil` for a folder.
        let bytes: Data?
    }

    /// The folder of all names.
    private static let top = 0
    let root: URL
    private(set) var things: [Thing]
    private var namings: [Naming] = []
    private var begins: [Int: [String: Int]]

    /// Reads a record that has come to its end.
    ///
    /// - Parameters:
    ///   - folders: of the root, that were there before.
    ///   - machine: whose disk holds what has this name in the root.
    init(
        _ entries: [PowerRecord.Entry], in root: URL, folders: [String], machine: (String) -> Machine
    ) throws {
        self.root = root
        things = [Thing(number: try Self.number(of: root), isFolder: true, machine: .centre)]
        begins = [Self.top: [:]]
        var numbers = [things[Self.top].number: Self.top]
        for name in folders {
            let number = try Self.number(of: root.appending(path: name))
            begins[Self.top]?[name] = things.count
            begins[things.count] = [:]
            numbers[number] = things.count
            things.append(Thing(number: number, isFolder: true, machine: machine(name)))
        }
        var tree = begins
        for entry in entries { try take(entry, &tree, &numbers, machine) }
    }

    static func number(of file: URL) throws -> UInt64 {
        let found = try FileManager.default.attributesOfItem(atPath: file.path)[.systemFileNumber]
        guard let number = found as? NSNumber else { throw Failure("\(file.path) has no number") }
        return number.uint64Value
    }

    // MARK: Reading a record

    private mutating func take(
        _ entry: PowerRecord.Entry, _ tree: inout [Int: [String: Int]], _ numbers: inout [UInt64: Int],
        _ machine: (String) -> Machine
    ) throws {
        switch entry.kind {
        case .noted: break
        case .written, .resized:
            guard let thing = numbers[entry.number] else {
                throw Failure("something was written at \(entry.position) to a file that nobody made")
            }
            things[thing].changes.append(entry)
        case .flushed:
            guard let thing = numbers[entry.number] else { return }
            things[thing].flushes.append((entry.position, entry.place))
        case .created, .madeFolder, .renamed, .unlinked, .linked, .removedFolder:
            let from = try name(entry.from, in: tree)
            let owner = machine(entry.from[0])
            let naming: Naming
            if entry.kind == .created || entry.kind == .madeFolder {
                numbers[entry.number] = things.count
                naming = Naming(
                    position: entry.position, machine: owner, thing: things.count, from: nil, to: from)
                things.append(
                    Thing(number: entry.number, isFolder: entry.kind == .madeFolder, machine: owner))
            } else {
                guard let thing = tree[from.folder]?[from.text] else {
                    throw Failure("\(entry.from) was altered at \(entry.position), and is not there")
                }
                naming = Naming(
                    position: entry.position, machine: owner, thing: thing,
                    from: entry.kind == .linked ? nil : from,
                    to: entry.to.isEmpty ? nil : try name(entry.to, in: tree))
            }
            namings.append(naming)
            apply(naming, to: &tree)
        }
    }

    private func name(_ path: [String], in tree: [Int: [String: Int]]) throws -> Name {
        guard let last = path.last else { throw Failure("a name leads out of \(root.path)") }
        var folder = Self.top
        for text in path.dropLast() {
            guard let next = tree[folder]?[text] else { throw Failure("there is no \(path) to be altered") }
            folder = next
        }
        return Name(folder: folder, text: last)
    }

    private func apply(_ naming: Naming, to tree: inout [Int: [String: Int]]) {
        if let from = naming.from { tree[from.folder]?[from.text] = nil }
        guard let to = naming.to else { return }
        tree[to.folder]?[to.text] = naming.thing
        if things[naming.thing].isFolder, tree[naming.thing] == nil { tree[naming.thing] = [:] }
    }

    // MARK: A state

    /// What there is at a moment.
    ///
    /// - Parameter failing: whose power is lost then.
    func state(
        at moment: Int, failing: Set<Machine> = [], random: inout SeededGenerator
    ) -> [Found] {
        let past = namings.filter { $0.position < moment }
        var left: [Machine: Int] = [:]
        for machine in Machine.allCases {
            let own = past.filter { $0.machine == machine }
            left[machine] = own.count
            guard failing.contains(machine) else { continue }
            let durable = (own.lastIndex { isDurable($0, at: moment) } ?? -1) + 1
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4: left[machine] = durable
            case 4..<7: break
            default: left[machine] = Int.random(in: durable...own.count, using: &random)
            }
        }
        var tree = begins
        for naming in past {
            guard let count = left[naming.machine], count > 0 else { continue }
            left[naming.machine] = count - 1
            apply(naming, to: &tree)
        }
        var found: [Found] = []
        list(Self.top, "", tree, &found) { thing in
            content(thing, at: moment, failing.contains(thing.machine), &random)
        }
        return found
    }

    private func isDurable(_ naming: Naming, at moment: Int) -> Bool {
        [naming.from, naming.to].compactMap { $0?.folder }.contains { folder in
            things[folder].covered(at: moment) > naming.position
        }
    }

    private func list(
        _ folder: Int, _ path: String, _ tree: [Int: [String: Int]], _ found: inout [Found],
        _ content: (Thing) -> Data
    ) {
        for (name, thing) in (tree[folder] ?? [:]).sorted(by: { $0.key < $1.key }) {
            if things[thing].isFolder {
                found.append(Found(path: path + name, thing: thing, bytes: nil))
                list(thing, path + name + "/", tree, &found, content)
            } else {
                found.append(Found(path: path + name, thing: thing, bytes: content(things[thing])))
            }
        }
    }
}
#endif
