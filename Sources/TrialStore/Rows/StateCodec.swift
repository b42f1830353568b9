import FoundationEssentials
import SyncProtocol
import TrialModel

/// The merged state of a record as one encoded value: registers and their live versions refer to changes
/// through one table. Its bytes never travel, so a later version may write them otherwise.
///
/// Written by hand and not as protobuf: it is read and written once per change on the hot path, where nested
/// messages took a third of the time (docs/decisions/0008).
///
/// Layout: format (1), key, table of ChangeIDs, registers, held, cited. A register is its name, its live
/// versions and what it awaits; a version is its change, its items (none if it is the register itself), their
/// values and its guards. Every list stands behind its count; ids are places in the table.
enum StateCodec {
    private static let format: UInt8 = 1

    static func encode(_ state: RecordState) -> Data {
        var ids = IDTable()
        var body = RowWriter()
        let registers = state.sortedRegisters
        body.count(registers.count)
        for register in registers {
            body.text(register.name)
            body.count(register.state.live.count)
            for version in register.state.live { write(version, of: register.name, to: &body, &ids) }
            write(register.state.awaited, to: &body, &ids)
        }
        write(state.held, to: &body, &ids)
        write(state.cited, to: &body, &ids)
        let key = state.key.bytes
        var whole = RowWriter(capacity: body.bytes.count + key.count + 16 * ids.list.count + 8)
        whole.byte(format)
        whole.count(key.count)
        whole.append(key)
        whole.count(ids.list.count)
        for id in ids.list { whole.append(id.bytes) }
        whole.append(body.bytes)
        return Data(whole.bytes)
    }

    /// - Throws: `Problem(.storeDamaged)` if the bytes are no state: only damage can do that.
    static func decode(_ bytes: Data) throws(Problem) -> RecordState {
        var reader = RowReader(bytes)
        guard try reader.byte() == format else { throw RowReader.damaged }
        let keyCount = try reader.count()
        guard let key = RecordKey(bytes: try reader.slice(keyCount)) else { throw RowReader.damaged }
        var table: [ChangeID] = []
        for _ in 0..<(try reader.count()) {
            table.append(ChangeID(prefixOf: try reader.slice(ChangeID.byteCount)))
        }
        var state = RecordState(key: key)
        let count = try reader.count()
        state.registers.reserveCapacity(count)
        for _ in 0..<count {
            let name = try reader.text()
            var register = RegisterState()
            for _ in 0..<(try reader.count()) {
                register.live.append(try version(of: name, from: &reader, table))
            }
            register.awaited = try ids(from: &reader, table)
            state.registers[name] = register
        }
        state.held = try ids(from: &reader, table)
        state.cited = try ids(from: &reader, table)
        guard reader.isAtEnd else { throw RowReader.damaged }
        return state
    }

    private static func write(
        _ version: Version, of register: String, to body: inout RowWriter, _ ids: inout IDTable
    ) {
        body.number(UInt64(ids.index(of: version.id)))
        if version.values.count == 1, version.values[0].item == register {
            body.count(0)
            body.value(version.values[0].value)
        } else {
            body.count(version.values.count + 1)
            for entry in version.values {
                body.text(entry.item)
                body.value(entry.value)
            }
        }
        write(version.guards, to: &body, &ids)
    }

    private static func version(
        of register: String, from reader: inout RowReader, _ table: [ChangeID]
    ) throws(Problem) -> Version {
        let id = try id(from: &reader, table)
        let count = try reader.count()
        var values: [ItemValue] = []
        if count == 0 {
            values.append(ItemValue(register, try reader.value()))
        } else {
            values.reserveCapacity(count - 1)
            for _ in 1..<count { values.append(ItemValue(try reader.text(), try reader.value())) }
        }
        return Version(id: id, values: values, guards: try ids(from: &reader, table))
    }

    private static func write(_ list: [ChangeID], to body: inout RowWriter, _ ids: inout IDTable) {
        body.count(list.count)
        for id in list { body.number(UInt64(ids.index(of: id))) }
    }

    private static func ids(from reader: inout RowReader, _ table: [ChangeID]) throws(Problem) -> [ChangeID] {
        let count = try reader.count()
        var ids: [ChangeID] = []
        for _ in 0..<count { ids.append(try id(from: &reader, table)) }
        return ids
    }

    private static func id(from reader: inout RowReader, _ table: [ChangeID]) throws(Problem) -> ChangeID {
        let place = try reader.number()
        guard place < table.count else { throw RowReader.damaged }
        return table[Int(place)]
    }
}
