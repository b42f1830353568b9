import Foundation
import TrialModel

/// The second study, `docs/examples/EXAMPLE-HTN.json`.
enum ExampleStudy {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs/examples/EXAMPLE-HTN.json").standardized

    static func json() throws -> [UInt8] { Array(try Data(contentsOf: file)) }

    static func load() throws -> StudyDefinition { try StudyDefinition(json: json()) }
}
