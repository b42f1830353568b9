import Foundation
import TrialSyncTesting

// Gives what libFuzzer makes up to one reader, named by TRIALSYNC_FUZZ_TARGET: `make fuzz` starts it. A
// coded problem is an answer; what a reader took and did not write back the same ends the run, as a trap
// does, and libFuzzer keeps the bytes.

/// libFuzzer's own loop, in the runtime that `-sanitize=fuzzer` links.
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

let target: FuzzTarget? =
    ProcessInfo.processInfo.environment["TRIALSYNC_FUZZ_TARGET"].flatMap { FuzzTarget(rawValue: $0) }

/// The name under which libFuzzer's own `main` looks for what is to be tested.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    // libFuzzer's thread is none of the pool's: it may wait.
    let (done, target) = (DispatchSemaphore(value: 0), target)
    Task.detached {
        do { try await target?.feed(bytes) } catch { fatalError("\(error)") }
        done.signal()
    }
    done.wait()
    return 0
}

guard target != nil else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    FileHandle.standardError.write(Data("TRIALSYNC_FUZZ_TARGET is one of \(names)\n".utf8))
    exit(2)
}
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runDriver(&count, &arguments, testOneInput))
