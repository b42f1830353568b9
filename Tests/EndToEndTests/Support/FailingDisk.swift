import Foundation

/// A disk that fails when a test says so, also while programs run: for those that are started with its
/// environment, on Linux.
///
/// A small library stands before the calls that SQLite makes, and those that read a file to copy it, and
/// answers `EIO` for files called `….db`, `….db-wal` and `…-journal`. Both sides map a file that says which
/// calls, and after how many more.
final class FailingDisk: Sendable {
    enum Calls: Int64, Sendable, CaseIterable {
        /// What writes, what shortens, and what waits for the disk.
        case writes = 1
        case reads = 2
    }

    /// What a program needs in its environment to have this disk.
    let environment: [String: String]
    private let file: URL

    /// - Parameter only: the one directory that lies on this disk, with all below it; it must be there.
    ///   Without it every directory does.
    init(in folder: URL, only: URL? = nil) async throws {
        file = folder.appending(path: "disk-\(UUID().uuidString)")
        try Data(count: 3 * MemoryLayout<Int64>.size).write(to: file)
        let library = try await PreloadedLibrary.shared.path("disk", Self.source)
        var environment = ["LD_PRELOAD": library, "FAILING_DISK": file.path]
        if let only { environment["FAILING_DISK_ONLY"] = only.path }
        self.environment = environment
    }

    /// From now on such calls fail, except for so many more.
    func fail(_ calls: Calls, afterCalls left: Int) throws {
        try mend()
        try write([Int64(left), 0], at: 1)
        try write([calls.rawValue], at: 0)
    }

    /// From now on nothing fails.
    func mend() throws { try write([0], at: 0) }

    /// The calls that have failed since ``fail(_:afterCalls:)``.
    var failures: Int {
        get throws {
            let bytes = [UInt8](try Data(contentsOf: file))
            return bytes.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 16, as: Int64.self)) }
        }
    }

    private func write(_ numbers: [Int64], at index: Int) throws {
        let handle = try FileHandle(forUpdating: file)
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(index * MemoryLayout<Int64>.size))
        try handle.write(contentsOf: numbers.withUnsafeBytes { Data($0) })
    }

    private static let source = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <limits.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <unistd.h>

        enum { writes = 1, reads = 2 };
        static struct { int64_t calls, left, failures; } *control;
        static char only[PATH_MAX];

        __attribute__((constructor)) static void begin(void) {
            const char *folder = getenv("FAILING_DISK_ONLY");
            if (folder && !realpath(folder, only)) only[0] = 0;
            const char *name = getenv("FAILING_DISK");
            int file = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
            void *page = file < 0 ? MAP_FAILED
                : mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (page != MAP_FAILED) control = page;
            if (file >= 0) close(file);
        }

        static int ends(const char *text, size_t count, const char *end) {
            size_t length = strlen(end);
            return count >= length && !memcmp(text + count - length, end, length);
        }

        static int lies_here(const char *text, size_t count) {
            size_t length = strlen(only);
            return !length || (count > length && !memcmp(text, only, length) && text[length] == '/');
        }

        static int fails(int calls, int file) {
            char link[40], path[PATH_MAX];
            if (!control || !(__atomic_load_n(&control->calls, __ATOMIC_SEQ_CST) & calls)) return 0;
            snprintf(link, sizeof link, "/proc/self/fd/%d", file);
            ssize_t count = readlink(link, path, sizeof path);
            if (count < 0) return 0;
            if (!ends(path, count, ".db") && !ends(path, count, ".db-wal") && !ends(path, count, "-journal"))
                return 0;
            if (!lies_here(path, count)) return 0;
            if (__atomic_sub_fetch(&control->left, 1, __ATOMIC_SEQ_CST) >= 0) return 0;
            __atomic_add_fetch(&control->failures, 1, __ATOMIC_SEQ_CST);
            errno = EIO;
            return 1;
        }

        ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
            return fails(writes, file) ? -1 : syscall(SYS_pwrite64, file, bytes, count, place);
        }

        ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
            return pwrite64(file, bytes, count, place);
        }

        ssize_t pread64(int file, void *bytes, size_t count, off64_t place) {
            return fails(reads, file) ? -1 : syscall(SYS_pread64, file, bytes, count, place);
        }

        ssize_t pread(int file, void *bytes, size_t count, off_t place) {
            return pread64(file, bytes, count, place);
        }

        ssize_t read(int file, void *bytes, size_t count) {
            return fails(reads, file) ? -1 : syscall(SYS_read, file, bytes, count);
        }

        int fdatasync(int file) { return fails(writes, file) ? -1 : (int)syscall(SYS_fdatasync, file); }
        int fsync(int file) { return fails(writes, file) ? -1 : (int)syscall(SYS_fsync, file); }

        int ftruncate64(int file, off64_t count) {
            return fails(writes, file) ? -1 : (int)syscall(SYS_ftruncate, file, count);
        }

        int ftruncate(int file, off_t count) { return ftruncate64(file, count); }

        """
}
