package media_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// Environment variables of the process that TestMemoryOfPictures measures.
const measuredFile, measuredDatabase = "ECHOBLOGS_TEST_FILE", "ECHOBLOGS_TEST_DATABASE"

// Pictures that take most memory take at most 96 MB beyond the idle process with the database's part, too. The tables, which
// are repeated up to the limit of a file, are read while the decoder holds its buffers.
func TestMemoryOfPictures(t *testing.T) { //nolint:paralleltest // it measures a process
	if file := os.Getenv(measuredFile); file != "" {
		measureReceive(t, file)
		return
	}
	if race {
		t.Skip("the race detector takes memory, too")
	}
	padding := picturetest.Segment(0xdb, "\x00"+strings.Repeat("\x01", 64))
	for name, file := range map[string][]byte{
		"a progressive JPEG without subsampling": picturetest.Insert(picturetest.FlatJPEG(2720, 2240, true, 0x11, 10), 2, bytes.Repeat(padding, 19_000_000/len(padding))),
		"a noisy photo":                          photo(t, 4600, 3400, 1),
	} {
		t.Run(name, func(t *testing.T) {
			pool, _ := newBlog(t)
			path := filepath.Join(t.TempDir(), "picture.jpg")
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			picturetest.WantMemory(t, "TestMemoryOfPictures", measuredFile+"="+path, measuredDatabase+"="+pool.Config().ConnString())
		})
	}
}

func measureReceive(t *testing.T, path string) {
	t.Helper()
	store := media.NewPostgres(media.UsePool(connect(t, os.Getenv(measuredDatabase))), "order")
	if _, err := store.Usage(t.Context()); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	idle, started := picturetest.MemoryOf(t, "VmRSS"), time.Now()
	received, err := media.NewReceiver().Receive(t.Context(), store, media.Upload{Name: "a.jpg", Size: -1, Body: file})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("measured %d bytes beyond %d, in %s, for %d bytes and %d variants\n",
		picturetest.MemoryOf(t, "VmHWM")-idle, idle, time.Since(started).Round(time.Millisecond), received.Size, len(received.Variants))
}
