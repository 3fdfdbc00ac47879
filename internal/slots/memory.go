package slots

import "runtime/debug"

// MemoryShare returns the nth part of the memory that the program may use, in bytes: of GOMEMLIMIT, which follows the
// container's limit. Without a limit it is larger than any memory.
func MemoryShare(n int64) int64 { return debug.SetMemoryLimit(-1) / n }
