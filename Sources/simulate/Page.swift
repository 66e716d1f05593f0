import Foundation
import Simulator

/// Where a picture is written.
enum Page {
    /// Before anything is run: a page that can't be written is worth no minute of waiting. The
    /// file is made and removed again, or left as it is.
    static func checkWritable(_ path: String) throws(UsageError) {
        let existed = FileManager.default.fileExists(atPath: path)
        guard let file = fopen(path, "a") else {
            throw UsageError("can't write \(path): \(String(cString: strerror(errno)))")
        }
        fclose(file)
        if !existed { unlink(path) }
    }

    static func write(_ picture: RunPicture, to path: String) throws(UsageError) {
        do {
            try Data(picture.page.utf8).write(to: URL(filePath: path))
        } catch {
            throw UsageError("can't write \(path): \(error.localizedDescription)")
        }
    }
}
