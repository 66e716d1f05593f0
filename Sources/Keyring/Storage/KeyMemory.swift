/// The memory that keys have by themselves, in all states and tables of the process.
public enum KeyMemory {
    /// Has `discard` give back to the system what is free of it: whole pages of bytes that mean
    /// nothing any more. As long as that takes, nobody else adds keys, and readers go on.
    public static func discardFree(_ discard: (UnsafeMutableRawBufferPointer) -> Void) {
        KeyRows.pool.discardFree(discard)
        KeyIndex.Lines.pages.discardFree(discard)
    }
}
