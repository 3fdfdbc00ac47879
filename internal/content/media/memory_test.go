package media_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemoryOfPictures$", "-test.v", "-test.timeout=5m")
			command.Env = append(os.Environ(), measuredFile+"="+path, measuredDatabase+"="+pool.Config().ConnString(), "GOGC=100", "GOMEMLIMIT=off")
			output, err := command.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			_, line, _ := strings.Cut(string(output), "measured ")
			line, _, _ = strings.Cut(line, "\n")
			var took int64
			if _, err := fmt.Sscanf(line, "%d", &took); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			t.Logf("%s", line)
			if took > 96_000_000 {
				t.Errorf("it takes %d bytes", took)
			}
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
	idle, started := memoryOf(t, "VmRSS"), time.Now()
	received, err := media.NewReceiver().Receive(t.Context(), store, media.Upload{Name: "a.jpg", Size: -1, Body: file})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("measured %d bytes beyond %d, in %s, for %d bytes and %d variants\n",
		memoryOf(t, "VmHWM")-idle, idle, time.Since(started).Round(time.Millisecond), received.Size, len(received.Variants))
}

// memoryOf returns a line of the process's status, in bytes.
func memoryOf(t *testing.T, line string) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), line+":")
	kib, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
