//go:build !race

package picture_test

// race says that the race detector is on.
const race = false
