/// The memory that keys have by themselves, in all states and tables of the process.
public enum KeyMemory {
    /// Has `discard` give back to the system what is free of it: whole pages of the bytes that it is
    /// given, whose contents don't matter any more. Takes as long as that takes, and keeps others
    /// from adding keys meanwhile, but no reader.
    public static func discardFree(_ discard: (UnsafeMutableRawBufferPointer) -> Void) {
        KeyRows.pool.discardFree(discard)
        KeyIndex.Lines.pages.discardFree(discard)
    }
}
