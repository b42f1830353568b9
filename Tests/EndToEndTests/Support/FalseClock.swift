import Foundation

/// A clock that a test sets while programs run: for those that are started with its environment, on Linux.
///
/// A small library stands before the C library's own functions, and adds what stands in a file that both
/// sides map into memory.
final class FalseClock: Sendable {
    /// What a program needs in its environment to live by this clock.
    let environment: [String: String]
    private let file: URL

    init(in folder: URL) async throws {
        file = folder.appending(path: "clock-\(UUID().uuidString)")
        try Data(count: MemoryLayout<Int64>.size).write(to: file)
        let library = try await PreloadedLibrary.shared.path("clock", Self.source)
        environment = ["LD_PRELOAD": library, "FALSE_CLOCK": file.path]
    }

    /// Sets it so many seconds off the machine's clock, at once and for programs that run.
    func set(offSeconds seconds: Int64) throws {
        let handle = try FileHandle(forUpdating: file)
        defer { try? handle.close() }
        try handle.write(contentsOf: withUnsafeBytes(of: seconds) { Data($0) })
    }

    private static let source = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdint.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        static volatile const int64_t *off;

        __attribute__((constructor)) static void begin(void) {
            const char *name = getenv("FALSE_CLOCK");
            int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
            void *page = file < 0 ? MAP_FAILED : mmap(0, sizeof *off, PROT_READ, MAP_SHARED, file, 0);
            if (page != MAP_FAILED) off = page;
            if (file >= 0) close(file);
        }

        int clock_gettime(clockid_t clock, struct timespec *now) {
            long failed = syscall(SYS_clock_gettime, clock, now);
            if (!failed && off && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
                now->tv_sec += *off;
            return (int)failed;
        }

        int gettimeofday(struct timeval *restrict now, void *restrict zone) {
            struct timespec exact;
            (void)zone;
            clock_gettime(CLOCK_REALTIME, &exact);
            now->tv_sec = exact.tv_sec;
            now->tv_usec = exact.tv_nsec / 1000;
            return 0;
        }

        time_t time(time_t *out) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (out) *out = now.tv_sec;
            return now.tv_sec;
        }

        """
}
