import ArgumentParser
import SyncServer
import TrialCommand
import TrialModel

struct DeviceCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "The laptops of the trial.",
        subcommands: [List.self, Revoke.self, Readmit.self])

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "All laptops; what waits on them is as they last reported.",
            discussion: "Example: trialsyncd device list")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let devices = try await centre.devices()
                let rows = devices.map { device in
                    [
                        device.shortID, device.site, device.name, String(device.enrolled.prefix(10)),
                        device.lastSeen ?? "never", "\(device.pending)", device.clockTrouble ?? "ok",
                        Self.marks(device),
                    ]
                }
                out.answer(
                    .array(devices.map(\.json)),
                    out.table(
                        ["DEVICE", "SITE", "NAME", "ENROLLED", "LAST SEEN", "PENDING", "CLOCK", ""], rows,
                        none: "no laptops"))
            }
        }

        private static func marks(_ device: Centre.DeviceStatus) -> String {
            var marks = device.isCopied ? ["copied"] : []
            if device.access != .admitted { marks.insert(device.access.rawValue, at: 0) }
            return marks.joined(separator: " ")
        }
    }

    struct Revoke: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a laptop's access at once: it can only push, into quarantine.",
            discussion: "Example: trialsyncd device revoke ward-3 --lost")

        @Argument(help: "The name, or the start of the id.") var device: String
        @Flag(help: "Lost or stolen: at its next contact the laptop destroys its keys too.") var lost = false
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let device = try await centre.set(lost ? .lost : .revoked, device: device)
                let keys = lost ? "; it destroys its keys when it next reaches the centre" : ""
                out.answer(device.json, "revoked \(device.fullName)\(keys)")
            }
        }
    }

    struct Readmit: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a laptop its access back: its next sync brings the whole of what it lacks.",
            discussion: "Example: trialsyncd device readmit ward-3")

        @Argument(help: "The name, or the start of the id.") var device: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let before = try await centre.device(device).access
                let device = try await centre.set(.admitted, device: device)
                out.answer(
                    device.json.adding(["was": .string(before.rawValue)]), Self.text(device.fullName, before))
            }
        }

        private static func text(_ name: String, _ before: DeviceAccess) -> String {
            switch before {
            case .admitted: "\(name) had its access: nothing was to do"
            case .revoked: "readmitted \(name)"
            case .lost:
                "readmitted \(name); if it has reached the centre since it was reported lost, its keys are "
                    + "destroyed: then enrol it anew in another directory"
            }
        }
    }
}
