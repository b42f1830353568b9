/// The limits of the protocol. Both sides keep to them when they write and check them when they read.
public enum WireLimits {
    /// The protocol version this program speaks.
    public static let protocolVersion: UInt32 = 1
    /// A body on the wire, compressed, in bytes.
    public static let bodyBytes = 4 << 20
    /// A body after decompression, in bytes.
    public static let decompressedBytes = 16 << 20
    /// The encoded bytes of one change.
    public static let changeBytes = 1 << 20
    /// The entries of one page, either way; a journal's receipts are therefore never further apart.
    public static let pageEntries = 1000
    /// The bytes of the changes of one page. A single larger change makes a page of its own.
    public static let pageBytes = 2 << 20
    /// No journal has a place from here on.
    public static let placeLimit: UInt64 = 1 << 53
    /// No clock is further from 1970 than this many milliseconds, either way.
    public static let clockLimitMilliseconds: Int64 = 1 << 53
    /// No site has a participant number above this.
    public static let participantNumber = 10_000_000
    /// Blocks of participant numbers that one message names.
    public static let numberBlocks = 1000
    /// Prefixes of key hashes compared in one exchange, and bytes of a first sync's cursor.
    public static let comparedPrefixes = 16
    public static let cursorBytes = 64
    /// Frames in one body.
    public static let frames = 20_000
    /// Fields of all messages in one body: what they come to in memory is many times their bytes.
    public static let fields = 400_000
    /// Journals in one vector.
    public static let vectorJournals = 100_000
    /// Registers that one change writes, and ids that it names.
    public static let writesPerChange = 2000
    public static let idsPerChange = 20_000
    /// The reason for change, in UTF-8 bytes; names of people, devices and registers.
    public static let reasonBytes = 4000
    public static let nameBytes = 128
    /// A journal header, in bytes.
    public static let headerBytes = 2048
}
