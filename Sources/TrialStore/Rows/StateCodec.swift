import FoundationEssentials
import SwiftProtobuf
import SyncProtocol
import TrialModel

/// The merged state of a record as one encoded value: registers and their live versions refer to changes
/// through one table. Its bytes never travel, so a later version may write them otherwise.
enum StateCodec {
    static func encode(_ state: RecordState) throws(Problem) -> Data {
        var message = Trialsync_Store_V1_RecordState()
        var ids = IDTable()
        message.key = Data(state.key.bytes)
        let registers = state.sortedRegisters
        message.registers = registers.map(\.name)
        message.states = registers.map { register in
            var encoded = Trialsync_Store_V1_Register()
            encoded.live = register.state.live.map { version in
                var encoded = Trialsync_Store_V1_Version()
                encoded.change = ids.index(of: version.id)
                if version.values.count != 1 || version.values[0].item != register.name {
                    encoded.items = version.values.map(\.item)
                }
                encoded.values = version.values.map { Trialsync_V1_Value($0.value) }
                encoded.guards = version.guards.map { ids.index(of: $0) }
                return encoded
            }
            encoded.awaited = register.state.awaited.map { ids.index(of: $0) }
            return encoded
        }
        message.held = state.held.map { ids.index(of: $0) }
        message.cited = state.cited.map { ids.index(of: $0) }
        message.changes = ids.list.map { Data($0.bytes) }
        return try message.encoded()
    }

    /// - Throws: `Problem(.storeDamaged)` if the bytes are no state: only damage can do that.
    static func decode(_ bytes: Data) throws(Problem) -> RecordState {
        guard let message = try? Trialsync_Store_V1_RecordState(serializedBytes: bytes),
            let key = RecordKey(bytes: message.key), message.registers.count == message.states.count
        else { throw damaged }
        var table: [ChangeID] = []
        table.reserveCapacity(message.changes.count)
        for bytes in message.changes {
            guard let id = ChangeID(bytes: bytes) else { throw damaged }
            table.append(id)
        }
        var state = RecordState(key: key)
        state.registers.reserveCapacity(message.registers.count)
        for (name, encoded) in zip(message.registers, message.states) {
            var register = RegisterState()
            for version in encoded.live { register.live.append(try decode(version, of: name, table)) }
            register.awaited = try ids(encoded.awaited, table)
            state.registers[name] = register
        }
        state.held = try ids(message.held, table)
        state.cited = try ids(message.cited, table)
        return state
    }

    private static func decode(
        _ version: Trialsync_Store_V1_Version, of register: String, _ table: [ChangeID]
    ) throws(Problem) -> TrialModel.Version {
        let items = version.items.isEmpty ? [register] : version.items
        guard items.count == version.values.count, version.change < table.count else { throw damaged }
        var values: [ItemValue] = []
        values.reserveCapacity(items.count)
        for (item, value) in zip(items, version.values) { values.append(ItemValue(item, try value.model())) }
        return TrialModel.Version(
            id: table[Int(version.change)], values: values, guards: try ids(version.guards, table))
    }

    private static func ids(_ indices: [UInt32], _ table: [ChangeID]) throws(Problem) -> [ChangeID] {
        guard !indices.isEmpty else { return [] }
        var ids: [ChangeID] = []
        for index in indices {
            guard index < table.count else { throw damaged }
            ids.append(table[Int(index)])
        }
        return ids
    }

    private static var damaged: Problem {
        Problem(.storeDamaged, "the merged state of a record cannot be read")
    }
}
