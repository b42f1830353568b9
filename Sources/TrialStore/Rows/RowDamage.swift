import Foundation
import GRDB
import Synchronization
import TrialModel

/// A value that is not of its column's type: the tables are strict, so only damage can do that.
///
/// GRDB would end the program. Here such a value reads as an empty one, and the transaction that read it
/// ends with `store-damaged`, whatever else came of it: nothing of it is shown, and nothing is written.
enum RowDamage {
    @TaskLocal private static var note: Note?

    private final class Note: Sendable {
        private let found = Mutex(false)
        var isFound: Bool { found.withLock { $0 } }
        func find() { found.withLock { $0 = true } }
    }

    /// Runs a transaction's body.
    ///
    /// - Throws: `Problem(.storeDamaged)` if it came upon such a value; see ``DiskReads`` for a page that
    ///   is not given.
    static func watching<Result>(_ body: () throws -> Result) throws -> Result {
        let note = Note()
        let result = Swift.Result {
            try DiskReads.watching { try $note.withValue(note, operation: body) }
        }
        guard !note.isFound else {
            throw Problem(.storeDamaged, "a row of the store holds what none of its kind can hold")
        }
        return try result.get()
    }

    fileprivate static func find() { note?.find() }
}

/// These stand before GRDB's own subscripts, which are generic.
extension Row {
    subscript(_ index: Int) -> Data { required(index, or: Data()) }
    subscript(_ index: Int) -> String { required(index, or: "") }
    subscript(_ index: Int) -> Int64 { required(index, or: 0) }
    subscript(_ index: Int) -> Int { required(index, or: 0) }
    subscript(_ index: Int) -> Bool { required(index, or: false) }
    subscript(_ index: Int) -> Data? { optional(index) }
    subscript(_ index: Int) -> String? { optional(index) }
    subscript(_ index: Int) -> Int64? { optional(index) }
    subscript(_ index: Int) -> Int? { optional(index) }

    /// A place in a journal, which is no negative number.
    func place(_ index: Int) -> UInt64 {
        guard let place = UInt64(exactly: self[index] as Int64) else {
            RowDamage.find()
            return 0
        }
        return place
    }

    private func required<Value: DatabaseValueConvertible>(_ index: Int, or empty: Value) -> Value {
        guard let value = Value.fromDatabaseValue(self[index] as DatabaseValue) else {
            RowDamage.find()
            return empty
        }
        return value
    }

    private func optional<Value: DatabaseValueConvertible>(_ index: Int) -> Value? {
        let found = self[index] as DatabaseValue
        let value = Value.fromDatabaseValue(found)
        if value == nil, !found.isNull { RowDamage.find() }
        return value
    }
}
