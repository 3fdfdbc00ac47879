package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media/picture"
	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// What is too large is refused by its headers: no file here has more than a few bytes of pixels, or is read to its end.
func TestCleanRefusesLargePictures(t *testing.T) {
	t.Parallel()
	headers := func(file []byte) []byte { return file[:min(len(file), 2000)] }
	tests := map[string]struct {
		file []byte
		want string
	}{
		"a JPEG": {
			headers(picturetest.FlatJPEG(4001, 4001, false, 0x22, 1)),
			"The picture has 16.1 megapixels (4001 × 4001); a JPEG can have at most 16.0. Make it smaller.",
		},
		"a progressive JPEG without subsampling": {
			headers(picturetest.FlatJPEG(3000, 3000, true, 0x11, 1)),
			"The picture has 9.0 megapixels (3000 × 3000); a progressive JPEG can have at most 6.1. Make it smaller, or save it as an ordinary JPEG.",
		},
		"a JPEG with huge dimensions": {
			headers(picturetest.FlatJPEG(65535, 65535, false, 0x22, 1)[:700]),
			"The picture has 4294.9 megapixels (65535 × 65535); a JPEG can have at most 16.0. Make it smaller.",
		},
		"a PNG with huge dimensions": {
			picturetest.Insert([]byte("\x89PNG\r\n\x1a\n"), 8, picturetest.Chunk("IHDR", []byte("\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\x00\x00\x00"))),
			"The picture is 2147483647 × 2147483647 pixels; a side can have at most 65535. Make it smaller.",
		},
		"a PNG with interlacing and 16 bits": {
			headers(picturetest.FlatPNG(3000, 3000, 16, 6, 64, true)),
			"The picture has 9.0 megapixels (3000 × 3000); a 16-bit PNG with interlacing can have at most 5.7. Make it smaller, or save it as an ordinary JPEG.",
		},
		"a GIF": {
			[]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"),
			"The picture has 4294.9 megapixels (65535 × 65535); a GIF can have at most 16.0. Make it smaller.",
		},
		"a WebP": {
			vp8(16383, 16383),
			"The picture has 268.5 megapixels (16383 × 16383); a WebP can have at most 16.0. Make it smaller.",
		},
		"a GIF with thousands of frames": {
			manyFrames(5000),
			"The animation has more than 1000 frames. Shorten it, or upload it to a video service and link to it.",
		},
		"an APNG with thousands of frames": {
			picturetest.Insert(encodePNG(t, colors(64, 48)), 33, picturetest.Chunk("acTL", []byte("\x00\x00\x40\x00\x00\x00\x00\x00"))),
			"The animation has more than 1000 frames. Shorten it, or upload it to a video service and link to it.",
		},
		"an animation of large frames": {
			picturetest.Insert(encodePNG(t, colors(4000, 2000)), 33, picturetest.Chunk("acTL", []byte("\x00\x00\x00\x1a\x00\x00\x00\x00"))),
			"The animation is too long for its size of 4000 × 2000 pixels: it can have 25 frames. Shorten it or make it smaller.",
		},
		"a JPEG with thousands of scans": {
			picturetest.FlatJPEG(64, 64, true, 0x11, 5000),
			"The picture is damaged or incomplete. Open it in an image editor and save it again.",
		},
		"a JPEG that repeats a scan": {
			picturetest.FlatJPEG(64, 64, false, 0x11, 4),
			"The picture is damaged or incomplete. Open it in an image editor and save it again.",
		},
		"a JPEG with arithmetic coding": {
			picturetest.Insert(encodeJPEG(t, colors(64, 48)), 2, picturetest.Segment(0xc9, "")),
			"Browsers do not show this kind of JPEG. Save it as an ordinary JPEG.",
		},
		"a JPEG with 12 bits": {
			picturetest.Insert(encodeJPEG(t, colors(64, 48)), 2, picturetest.Segment(0xc1, "\x0c\x00\x01\x00\x01\x01\x01\x11\x00")),
			"The JPEG has 12 bits for each color. Save it with 8 bits.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := time.Now()
			_, _, err := tryClean(test.file)
			if took := time.Since(before); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if _, refused := errors.AsType[*picture.InvalidError](err); !refused || err.Error() != test.want {
				t.Errorf("%v\nwant %s", err, test.want)
			}
		})
	}
}

// A small canvas around large pixels, as package webp once decoded it.
func TestCleanRefusesWebPWithTwoSizes(t *testing.T) {
	t.Parallel()
	file := testdata(t, "lossy-exif-xmp-icc.webp")
	file = bytes.Clone(file)
	file[24]++ // the width of the canvas
	if _, _, err := tryClean(file); err == nil {
		t.Error("it is accepted")
	}
}

// vp8 returns the header of a WebP file.
func vp8(width, height uint16) []byte {
	frame := append([]byte{0x30, 1, 0, 0x9d, 1, 0x2a}, byte(width), byte(width>>8), byte(height), byte(height>>8))
	frame = append(frame, make([]byte, 100)...)
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+8+len(frame)))
	file = binary.LittleEndian.AppendUint32(append(file, "WEBPVP8 "...), uint32(len(frame)))
	return append(file, frame...)
}

// manyFrames returns a GIF with frames of 15 bytes.
func manyFrames(n int) []byte {
	return []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00" + strings.Repeat(",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00", n) + ";")
}

// An inflating PNG or profile is not unpacked while its metadata is removed, and takes no more than its size says later.
func TestRenderOfInflatingPNG(t *testing.T) {
	t.Parallel()
	zeros := pack(make([]byte, 8<<20))
	file := picturetest.FlatPNG(600, 10, 8, 2, 24, false)
	file = picturetest.Insert(file, 33, picturetest.Chunk("iCCP", append([]byte("bomb\x00\x00"), zeros...)))
	cleaned, info := clean(t, file)
	if done, _ := render(t, cleaned, info); len(done.Variants) > 0 {
		t.Errorf("variants were rendered without the profile: %+v", done)
	}
	file = picturetest.Insert(encodePNG(t, colors(600, 10)), 33, picturetest.Chunk("IDAT", zeros))
	cleaned, info = clean(t, file)
	_, err := info.Render(bytes.NewReader(cleaned), int64(len(cleaned)), func(int) picture.Target { return &buffer{} })
	if _, refused := errors.AsType[*picture.InvalidError](err); !refused {
		t.Errorf("pixels beyond the size: %v", err)
	}
}
