//go:build race

package media_test

// race says that the race detector is on.
const race = true
