import FoundationEssentials
import SyncProtocol
import TrialModel

/// The associated data under which a row is sealed: what it is and where it belongs, so that rows cannot
/// change places.
enum RowIdentity {
    /// The body of an entry, pending or confirmed: its chain hash says everything about its place.
    static func entry(hash: ChainHash) -> Data { Data("entry".utf8) + hash.data }
    static func borrowed(change: ChangeID) -> Data { Data("borrowed".utf8) + Data(change.bytes) }
    static func state(record: Data) -> Data { Data("state".utf8) + record }
    static func setting(_ name: String) -> Data { Data("setting".utf8) + Data(name.utf8) }
}
