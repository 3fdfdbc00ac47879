package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
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

// insert inserts parts at a position of a file.
func insert(file []byte, position int, parts ...[]byte) []byte {
	inserted := append([]byte{}, file[:position]...)
	for _, part := range parts {
		inserted = append(inserted, part...)
	}
	return append(inserted, file[position:]...)
}

func segment(marker byte, data ...string) []byte {
	var joined []byte
	for _, part := range data {
		joined = append(joined, part...)
	}
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(joined)+2)), joined...)
}

func chunk(name string, data []byte) []byte {
	named := append([]byte(name), data...)
	c := append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), named...)
	return binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(named))
}

func pack(data []byte) []byte {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	w.Write(data)
	w.Close()
	return packed.Bytes()
}

// flatJPEG returns a large gray picture: with codes of one bit, which is 0, all data are zeros.
func flatJPEG(width, height int, progressive bool, luma byte, scans int) []byte {
	file := []byte{0xff, 0xd8}
	frame := byte(0xc0)
	if progressive {
		frame = 0xc2
	}
	file = append(file, segment(0xdb, "\x00"+string(bytes.Repeat([]byte{1}, 64)))...)
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{8}, uint16(height)), uint16(width))
	file = append(file, segment(frame, string(size), "\x03", string([]byte{1, luma, 0, 2, 0x11, 0, 3, 0x11, 0}))...)
	for _, class := range []string{"\x00", "\x10"} {
		file = append(file, segment(0xc4, class, "\x01"+string(make([]byte, 15)), "\x00")...)
	}
	h, v := int(luma>>4), int(luma&15)
	units := ((width + 8*h - 1) / (8 * h)) * ((height + 8*v - 1) / (8 * v))
	bits := 2 * units * (h*v + 2)
	last := byte(63)
	if progressive {
		bits, last = bits/2, 0 // the first scan has no AC coefficients
	}
	for range scans {
		file = append(file, segment(0xda, "\x03\x01\x00\x02\x00\x03\x00", string([]byte{0, last, 0}))...)
		file = append(file, make([]byte, (bits+7)/8)...)
	}
	return append(file, 0xff, 0xd9)
}

// flatPNG returns a large black picture. bits is the number of bits of a pixel.
func flatPNG(width, height int, depth, colorType byte, bits int, interlaced bool) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))
	passes := [][4]int{{1, 1, 0, 0}}
	if interlaced { // PNG, section 8.1
		passes = [][4]int{{8, 8, 0, 0}, {8, 8, 4, 0}, {4, 8, 0, 4}, {4, 4, 2, 0}, {2, 4, 0, 2}, {2, 2, 1, 0}, {1, 2, 0, 1}}
		header = append(header, depth, colorType, 0, 0, 1)
	} else {
		header = append(header, depth, colorType, 0, 0, 0)
	}
	var data bytes.Buffer
	w := zlib.NewWriter(&data)
	for _, pass := range passes {
		columns, rows := (width-pass[2]+pass[0]-1)/pass[0], (height-pass[3]+pass[1]-1)/pass[1]
		row := make([]byte, 1+(columns*bits+7)/8)
		for range rows {
			w.Write(row)
		}
	}
	w.Close()
	file := []byte("\x89PNG\r\n\x1a\n")
	file = append(file, chunk("IHDR", header)...)
	if colorType == 3 {
		file = append(file, chunk("PLTE", make([]byte, 3))...)
	}
	file = append(file, chunk("IDAT", data.Bytes())...)
	return append(file, chunk("IEND", nil)...)
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
