package picture_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"runtime"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media/picture"
	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

const (
	// fuzzTime is what cleaning or rendering one input may take, and fuzzMemory what it may allocate, in bytes.
	fuzzTime   = 5 * time.Second
	fuzzMemory = 96_000_000
	// fuzzPixels is the size of pictures that are rendered, so that each input takes little time.
	fuzzPixels = 250_000
)

// Whatever the file, cleaning and rendering take bounded time and memory, and fail with a sentence or leave a file that is
// clean.
func FuzzPicture(f *testing.F) {
	for _, name := range []string{"progressive.jpg", "lossy.webp", "lossy-exif-xmp-icc.webp", "lossless.webp", "animated-xmp.webp"} {
		f.Add(testdata(f, name))
	}
	f.Add(encodeGIF(f, 2))
	f.Add(picturetest.Insert(encodeJPEG(f, colors(64, 48)), 2, picturetest.Segment(0xe1, "Exif\x00\x00", exif),
		picturetest.Segment(0xe2, "ICC_PROFILE\x00\x01\x01", string(profile("RGB ", 130)))))
	f.Add(picturetest.Insert(encodePNG(f, colors(64, 48)), 33, picturetest.Chunk("eXIf", []byte(exif)),
		picturetest.Chunk("iCCP", append([]byte("n\x00\x00"), pack(profile("RGB ", 130))...))))
	f.Add(picturetest.Insert(encodePNG(f, colors(8, 8)), 33, picturetest.Chunk("acTL", []byte("\x00\x00\x00\x02\x00\x00\x00\x00"))))
	f.Add(encodePNG(f, image.NewPaletted(image.Rect(0, 0, 700, 3), color.Palette{color.Transparent, color.Black})))
	f.Add(picturetest.FlatJPEG(700, 16, true, 0x22, 3))
	f.Add(picturetest.FlatPNG(30, 20, 16, 6, 64, true))
	f.Fuzz(func(t *testing.T, file []byte) {
		var (
			cleaned []byte
			info    picture.Info
			err     error
		)
		bounded(t, "cleaning", func() { cleaned, info, err = tryClean(file) })
		if err != nil {
			checkRefusal(t, err)
			return
		}
		if len(cleaned) > len(file)+32 { // a header may be longer than the one that it replaces
			t.Errorf("%d bytes become %d", len(file), len(cleaned))
		}
		if width, height := info.UprightSize(); width <= 0 || height <= 0 || width*height > picture.MaxPixels {
			t.Errorf("%d × %d pixels", width, height)
		}
		again, _, err := tryClean(cleaned)
		if err != nil || !bytes.Equal(again, cleaned) {
			t.Errorf("cleaning it again changes it: %v", err)
		}
		if info.Width*info.Height > fuzzPixels {
			return
		}
		bounded(t, "rendering", func() {
			_, err = info.Render(bytes.NewReader(cleaned), int64(len(cleaned)), func(int) picture.Target { return &buffer{} })
		})
		checkRefusal(t, err)
	})
}

func bounded(t *testing.T, what string, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	started := time.Now()
	f()
	if took := time.Since(started); took > fuzzTime {
		t.Errorf("%s takes %s", what, took)
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > fuzzMemory {
		t.Errorf("%s allocates %d bytes", what, allocated)
	}
}

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	if _, refused := errors.AsType[*picture.InvalidError](err); err != nil && !refused {
		t.Errorf("an error without a sentence: %v", err)
	}
}
