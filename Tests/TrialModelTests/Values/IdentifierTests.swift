import Testing
import TrialModel
import TrialSyncTesting

@Suite("Identifiers, site codes and vectors", .tags(.unit))
struct IdentifierTests {
    @Test("An identifier is its sixteen bytes, in their order")
    func bytesAndOrder() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            var left = ChangeID(using: &random).bytes
            var right = ChangeID(using: &random).bytes
            let same = Int.random(in: 0...16, using: &random)
            right.replaceSubrange(0..<same, with: left[..<same])
            if random.chance(0.5) { swap(&left, &right) }
            let (first, second) = (ChangeID(bytes: left)!, ChangeID(bytes: right)!)
            #expect(first.bytes == left)
            #expect((first < second) == left.lexicographicallyPrecedes(right))
            #expect((first == second) == (left == right))
            #expect(ChangeID(hex: first.hex) == first)
            #expect(ChangeID(hex: first.hex.uppercased()) == first)
            #expect(first.description == Hex.encode(left))
        }
    }

    @Test("Only sixteen bytes are an identifier", arguments: [0, 1, 15, 17, 32])
    func sixteenBytes(count: Int) {
        let bytes = [UInt8](repeating: 7, count: count)
        #expect(ChangeID(bytes: bytes) == nil)
        #expect(ChangeID(hex: Hex.encode(bytes)) == nil)
        let prefix = ChangeID(prefixOf: bytes).bytes
        #expect(prefix == bytes.prefix(16) + [UInt8](repeating: 0, count: max(0, 16 - count)))
    }

    @Test("Hexadecimal text reads in either case and writes in lower case")
    func hex() {
        #expect(Hex.encode([0, 15, 160, 255]) == "000fa0ff")
        #expect(Hex.decode("000fA0Ff") == [0, 15, 160, 255])
        #expect(Hex.decode("") == [])
        for text in ["0", "0g", "g0", " 00", "0x", "００", "/0", ":0", "@0", "`0"] {
            #expect(Hex.decode(text) == nil)
        }
    }

    @Test(
        "A site code is capital letters and digits, or the star",
        arguments: ["PKU", "A1", "ABCDEFGHIJKL", "*", "XH2"])
    func siteCode(text: String) { #expect(SiteCode(text)?.description == text) }

    @Test(
        "What is no site code is refused",
        arguments: ["", "A", "pku", "1A", "ABCDEFGHIJKLM", "**", "PK U", "PKÜ", "P-1", "PKU\n", "北京"])
    func noSiteCode(text: String) { #expect(SiteCode(text) == nil) }

    @Test("Site codes sort by their text")
    func siteOrder() {
        #expect([SiteCode("XH")!, .all, SiteCode("PKU")!].sorted().map(\.text) == ["*", "PKU", "XH"])
    }

    @Test("Roles read by their names, but nobody can be given the centre's")
    func roles() {
        for role in Role.ofPeople { #expect(Role(name: role.name) == role) }
        #expect(Role(name: "centre") == nil)
        #expect(Role(name: "nobody") == nil)
    }
}

@Suite("Change vectors", .tags(.unit))
struct ChangeVectorTests {
    private let journals = (1...3).map { JournalID(prefixOf: [UInt8($0)]) }

    private func vector(_ places: UInt64...) -> ChangeVector {
        var vector = ChangeVector()
        for (journal, n) in zip(journals, places) { vector[journal] = n }
        return vector
    }

    @Test("A journal not held counts as zero, and zero is not kept")
    func zero() {
        var vector = vector(4)
        #expect(vector[journals[1]] == 0)
        vector[journals[0]] = 0
        #expect(vector == ChangeVector())
        #expect(vector.count == 0)
    }

    @Test("The journals come in the order of their names")
    func order() {
        let places = vector(3, 2, 1).journals
        #expect(places.map(\.journal) == journals)
        #expect(places.map(\.n) == [3, 2, 1])
    }

    @Test("A vector covers another if it holds every place of it")
    func covers() {
        #expect(vector(3, 2).covers(vector(3, 1)))
        #expect(vector(3, 2).covers(vector(3, 2)))
        #expect(vector().covers(vector()))
        #expect(!vector(3, 2).covers(vector(3, 2, 1)))
        #expect(!vector(3, 2).covers(vector(4)))
    }
}
