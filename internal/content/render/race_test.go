//go:build race

package render_test

// race says that the race detector is on, and maxSize is the size of the largest posts in the tests.
const race, maxSize = true, 64 << 10
