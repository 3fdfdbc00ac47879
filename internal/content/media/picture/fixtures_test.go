package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/media/picture"
)

// secret is in all metadata of the fixtures.
const secret = "SECRET"

// exif has the orientation 6 and the secret.
const exif = "II*\x00\x08\x00\x00\x00\x02\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x0e\x01\x02\x00\x07\x00\x00\x00\x26\x00\x00\x00\x00\x00\x00\x00SECRET\x00"

// profile returns a color profile of n bytes, of which only the color space matters.
func profile(space string, n int) []byte {
	p := bytes.Repeat([]byte("P"), n)
	copy(p[16:], space)
	return p
}

// buffer is an Output.
type buffer struct{ bytes.Buffer }

func (b *buffer) WriteAt(p []byte, offset int64) (int, error) {
	return copy(b.Bytes()[offset:], p), nil
}

func (b *buffer) Close() error { return nil }

// clean detects and cleans a picture.
func clean(t testing.TB, file []byte) ([]byte, picture.Info) {
	t.Helper()
	cleaned, info, err := tryClean(file)
	if err != nil {
		t.Fatal(err)
	}
	return cleaned, info
}

func tryClean(file []byte) ([]byte, picture.Info, error) {
	format, err := picture.Detect(file[:min(len(file), picture.HeadBytes)])
	if err != nil {
		return nil, picture.Info{}, err
	}
	var out buffer
	info, err := picture.Clean(&out, bytes.NewReader(file), format)
	return out.Bytes(), info, err
}

func render(t testing.TB, cleaned []byte, info picture.Info) (picture.Renditions, map[int][]byte) {
	t.Helper()
	targets := map[int]*buffer{}
	done, err := info.Render(bytes.NewReader(cleaned), int64(len(cleaned)), func(width int) picture.Target {
		targets[width] = &buffer{}
		return targets[width]
	})
	if err != nil {
		t.Fatal(err)
	}
	written := map[int][]byte{}
	for width, target := range targets {
		written[width] = target.Bytes()
	}
	return done, written
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// colors is a picture of four colors, as the files in testdata.
func colors(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, fourColors[2*y/height][2*x/width])
		}
	}
	return img
}

var fourColors = [2][2]color.RGBA{
	{{R: 255, G: 255, B: 255, A: 255}, {A: 255}},
	{{R: 200, G: 30, B: 40, A: 255}, {R: 20, G: 40, B: 180, A: 255}},
}

func encodeJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encodePNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encodeGIF(t testing.TB, frames int) []byte {
	t.Helper()
	animation := &gif.GIF{LoopCount: 3}
	for range frames {
		frame := image.NewPaletted(image.Rect(0, 0, 8, 6), color.Palette{color.White, color.Black})
		animation.Image, animation.Delay = append(animation.Image, frame), append(animation.Delay, 10)
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, animation); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func pack(data []byte) []byte {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write(data) // a buffer does not fail
	_ = w.Close()
	return packed.Bytes()
}

// discard is a Target that drops what it gets.
type discard struct{ io.Writer }

func (discard) Close() error { return nil }

// profileOf returns the color profile of a JPEG or PNG file.
func profileOf(t testing.TB, file []byte) []byte {
	t.Helper()
	if _, after, found := bytes.Cut(file, []byte("iCCPICC profile\x00\x00")); found {
		r, err := zlib.NewReader(bytes.NewReader(after))
		if err != nil {
			t.Fatal(err)
		}
		joined, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return joined
	}
	var joined []byte
	for {
		at := bytes.Index(file, []byte("ICC_PROFILE\x00"))
		if at < 0 {
			return joined
		}
		length := int(binary.BigEndian.Uint16(file[at-2:]))
		joined = append(joined, file[at+14:at-2+length]...)
		file = file[at-2+length:]
	}
}
