import ArgumentParser
import Foundation
import SyncServer
import TrialCommand
import TrialModel

/// The server's certificate and its authority. All of it works while the daemon runs: it takes a new
/// certificate up within seconds.
struct TLSCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tls", abstract: "The server's certificate and its authority.",
        subcommands: [
            Show.self, Renew.self, Install.self, NextAuthority.self, SwitchAuthority.self,
            RetireAuthority.self,
        ])

    struct Show: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "The certificate that is served.", discussion: "Example: trialsyncd tls show")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            out.show(try TLSFiles.load(from: options.directory.tls))
        }
    }

    struct Renew: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign the server's certificate anew, for a year; the authority and laptops' pins stay.",
            discussion: "Example: trialsyncd tls renew --name trial2.example.org")

        @Option(help: "A host name or address that it should cover too; can be given several times.")
        var name: [String] = []
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try options.directory.checkOwner()
            out.show(try TLSFiles.renew(in: options.directory.tls, adding: name, now: Date()))
        }
    }

    struct Install: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve with a certificate that another authority signed.",
            discussion: "Example: trialsyncd tls install --certificate fullchain.pem --key privkey.pem")

        @Option(help: "The server's certificate, then those between it and the authority, as PEM.")
        var certificate: String
        @Option(help: "Its private key, as PEM.") var key: String
        @Option(help: "The authority that laptops should pin; without it they trust their system's.")
        var authority: String?
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let files = try TLSFiles.install(
                    in: centre.directory.tls, chain: certificate, key: key, authority: authority, now: Date())
                out.show(files)
            }
        }
    }

    struct NextAuthority: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the next authority and tell laptops at their next sync to trust it too.",
            discussion: "Example: trialsyncd tls next-authority")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { out.show(try await $0.prepareAuthority()) }
        }
    }

    struct SwitchAuthority: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have the next authority sign the server's certificate, once laptops trust it.",
            discussion: "Example: trialsyncd tls switch-authority")

        @Flag(help: "Even if laptops have not synced since: they cannot connect any more.")
        var leaveBehind = false
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) {
                out.show(try await $0.switchAuthority(leavingBehind: leaveBehind))
            }
        }
    }

    struct RetireAuthority: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop the old authority, and tell laptops to trust it no more.",
            discussion: "Example: trialsyncd tls retire-authority")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { out.show(try await $0.retireAuthority()) }
        }
    }
}

extension CommandOutput {
    fileprivate func show(_ files: TLSFiles) {
        let (from, until) = (Self.time(files.notValidBefore), Self.time(files.notValidAfter))
        answer(
            .keyed([
                "names": .array(files.names.map(JSON.string)), "notValidBefore": .string(from),
                "notValidAfter": .string(until), "caFingerprint": .string(files.fingerprint),
                "own": .bool(files.isOwn),
            ]),
            """
            names      \(files.names.joined(separator: " "))
            valid      \(from) to \(until)
            authority  \(files.fingerprint.isEmpty ? "as laptops' systems trust" : files.fingerprint)
            """)
    }

    fileprivate func show(_ change: Centre.AuthorityChange) {
        let waiting = change.waiting.map { "\($0.name) (\($0.site))" }
        let text =
            switch change.stage {
            case .prepared where waiting.isEmpty:
                "every laptop trusts the next authority: switch when you like"
            case .prepared: "not yet synced since: " + waiting.joined(separator: ", ")
            case .switched: "the server's certificate is signed by the next authority"
            case .settled: "one authority is in use"
            }
        answer(
            .keyed([
                "stage": .string(change.stage.rawValue), "caFingerprint": .string(change.fingerprint),
                "waiting": .array(change.waiting.map(\.json)),
            ]), text)
    }

    private static func time(_ moment: Date) -> String {
        DeviceTime(milliseconds: Int64(moment.timeIntervalSince1970) * 1000, offsetMinutes: 0).iso8601
    }
}
