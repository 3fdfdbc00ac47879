package picture_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media/picture"
	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// TestMemory measures the resident memory of a process that cleans and renders the largest pictures of each kind.
func TestMemory(t *testing.T) { //nolint:paralleltest // its times are measured
	if file := os.Getenv("ECHOBLOGS_TEST_PICTURE"); file != "" {
		measure(t, file)
		return
	}
	if race || testing.Short() {
		t.Skip("it takes half a minute, and the race detector takes memory, too")
	}
	turned := picturetest.Segment(0xe1, "Exif\x00\x00", exif)
	tests := map[string]func() []byte{
		"baseline JPEG 4:4:4, turned": func() []byte { return picturetest.Insert(picturetest.FlatJPEG(4000, 4000, false, 0x11, 1), 2, turned) },
		"progressive JPEG 4:4:4":      func() []byte { return picturetest.FlatJPEG(2720, 2240, true, 0x11, 32) },
		"progressive JPEG 4:2:0":      func() []byte { return picturetest.FlatJPEG(4032, 3024, true, 0x22, 10) },
		"a strip of 40,000 × 400":     func() []byte { return picturetest.FlatJPEG(40000, 400, false, 0x11, 1) },
		"a strip of 640 × 25,000":     func() []byte { return picturetest.FlatJPEG(640, 25000, false, 0x11, 1) },
		"16-bit PNG with interlacing": func() []byte { return picturetest.FlatPNG(2500, 2200, 16, 6, 64, true) },
		"PNG":                         func() []byte { return picturetest.FlatPNG(4000, 3900, 8, 6, 32, false) },
		"PNG of noise":                func() []byte { return encodePNG(t, transparentNoise(2600, 1500)) },
		"WebP":                        func() []byte { return flatWebP(t) },
	}
	for name, generate := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "picture")
			if err := os.WriteFile(file, generate(), 0o600); err != nil {
				t.Fatal(err)
			}
			picturetest.WantMemory(t, "TestMemory", "ECHOBLOGS_TEST_PICTURE="+file)
		})
	}
}

// measure prints how much memory the picture in a file takes.
func measure(t *testing.T, name string) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	head := make([]byte, picture.HeadBytes)
	n, _ := io.ReadFull(file, head)
	format, err := picture.Detect(head[:n])
	if err != nil {
		t.Fatal(err)
	}
	cleaned, err := os.Create(name + ".cleaned")
	if err != nil {
		t.Fatal(err)
	}
	defer cleaned.Close()

	idle, started := picturetest.MemoryOf(t, "VmRSS"), time.Now()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	info, err := picture.Clean(cleaned, file, format)
	if err != nil {
		t.Fatal(err)
	}
	size, err := cleaned.Seek(0, io.SeekEnd)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cleaned.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	// As the database: a chunk is in memory, and sending it leaves copies.
	var sent [][]byte
	done, err := info.Render(cleaned, 1<<62, func(int) picture.Target {
		return discard{bufio.NewWriterSize(writerFunc(func(p []byte) {
			sent = [][]byte{append([]byte{}, p...), append([]byte{}, p...)}
		}), 256<<10)}
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = sent
	fmt.Printf("measured %d bytes beyond %d, in %s, from %d bytes, %d variants, turned %t\n",
		picturetest.MemoryOf(t, "VmHWM")-idle, idle, time.Since(started).Round(time.Millisecond), size, len(done.Variants), done.Upright != nil)
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}

// flatWebP returns the largest picture, by the header of a small one, with as much data as package vp8 reads.
func flatWebP(t *testing.T) []byte {
	t.Helper()
	file := testdata(t, "lossy.webp")
	frame := append([]byte{}, file[20:]...)
	const partition = 500_000 // the length of the first one, in the upper 19 bits of 24 (RFC 6386, section 9.1)
	tag := uint32(frame[0])&0x1f | partition<<5
	frame[0], frame[1], frame[2] = byte(tag), byte(tag>>8), byte(tag>>16)
	frame[6], frame[7], frame[8], frame[9] = 4000&0xff, 4000>>8, 4000&0xff, 4000>>8
	frame = append(frame, make([]byte, 15<<20)...) // package vp8 reads at most 16 MiB
	header := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(12+len(frame)))
	header = binary.LittleEndian.AppendUint32(append(header, "WEBPVP8 "...), uint32(len(frame)))
	return append(header, frame...)
}
