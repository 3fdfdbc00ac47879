package picture_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"github.com/echoblogs/echoblogs/internal/content/media/picture"
	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// noise returns a picture that compresses badly, so that variants are smaller.
func noise(width, height int) *image.RGBA {
	img, state := image.NewRGBA(image.Rect(0, 0, width, height)), uint32(1)
	for n := range img.Pix {
		state = state*1664525 + 1013904223
		img.Pix[n] = byte(state >> 24)
		if n%4 == 3 {
			img.Pix[n] = 255
		}
	}
	return img
}

func TestRenderVariants(t *testing.T) {
	t.Parallel()
	gray := image.NewGray(image.Rect(0, 0, 1000, 100))
	draw.Draw(gray, gray.Bounds(), noise(1000, 100), image.Point{}, draw.Src)
	tests := map[string]struct {
		file []byte
		want string
	}{
		"a JPEG":               {encodeJPEG(t, noise(3300, 100)), "image/jpeg 2400×73, image/jpeg 1600×48, image/jpeg 960×29, image/jpeg 480×15"},
		"never larger":         {encodeJPEG(t, noise(960, 100)), "image/jpeg 480×50"},
		"a small one":          {encodeJPEG(t, noise(480, 100)), ""},
		"an opaque PNG":        {encodePNG(t, noise(1000, 100)), "image/jpeg 480×48"},
		"a transparent PNG":    {encodePNG(t, transparentNoise(1000, 100)), "image/png 480×48"},
		"a gray PNG":           {encodePNG(t, gray), "image/jpeg 480×48"},
		"larger in bytes":      {picturetest.FlatPNG(1000, 100, 1, 0, 1, false), ""},
		"a GIF":                {encodeGIF(t, 1), ""},
		"an animation":         {encodeGIF(t, 2), ""},
		"a lossless WebP":      {testdata(t, "lossless.webp"), ""},
		"a profile of CMYK":    {picturetest.Insert(encodeJPEG(t, noise(1000, 100)), 2, picturetest.Segment(0xe2, "ICC_PROFILE\x00\x01\x01", string(profile("CMYK", 200)))), ""},
		"a high one":           {encodeJPEG(t, noise(640, 1000)), "image/jpeg 480×750"},
		"one that is turned":   {picturetest.Insert(encodeJPEG(t, noise(500, 1280)), 2, picturetest.Segment(0xe1, "Exif\x00\x00", exif)), "image/jpeg 1280×500 upright, image/jpeg 960×375, image/jpeg 480×188"},
		"a PNG that is turned": {picturetest.Insert(encodePNG(t, noise(50, 100)), 33, picturetest.Chunk("eXIf", []byte(exif))), "image/png 100×50 upright"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cleaned, info := clean(t, test.file)
			done, written := render(t, cleaned, info)
			var got []string
			if u := done.Upright; u != nil {
				got = append(got, fmt.Sprintf("%s %d×%d upright", u.Format, u.Width, u.Height))
				check(t, written[picture.UprightWidth], *u)
			}
			for _, v := range done.Variants {
				got = append(got, fmt.Sprintf("%s %d×%d", v.Format, v.Width, v.Height))
				check(t, written[v.Width], v)
			}
			if list := strings.Join(got, ", "); list != test.want {
				t.Errorf("rendered %s\nwant     %s", list, test.want)
			}
		})
	}
}

func check(t *testing.T, file []byte, want picture.Rendition) {
	t.Helper()
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || "image/"+format != string(want.Format) || config.Width != want.Width || config.Height != want.Height || int64(len(file)) != want.Size {
		t.Errorf("%d bytes of %s, %d × %d: %v; want %+v", len(file), format, config.Width, config.Height, err, want)
	}
}

// Each orientation shows the colors where Exif says.
func TestRenderUpright(t *testing.T) {
	t.Parallel()
	w, b, r, l := fourColors[0][0], fourColors[0][1], fourColors[1][0], fourColors[1][1] // white, black, red, blue
	// What is seen at the top left, top right, bottom left and bottom right (Exif 2.32, section 4.6.4).
	want := map[byte][4]color.RGBA{
		1: {w, b, r, l}, 2: {b, w, l, r}, 3: {l, r, b, w}, 4: {r, l, w, b},
		5: {w, r, b, l}, 6: {r, w, l, b}, 7: {l, b, r, w}, 8: {b, l, w, r},
	}
	gray := image.NewGray(image.Rect(0, 0, 64, 48))
	draw.Draw(gray, gray.Bounds(), colors(64, 48), image.Point{}, draw.Src)
	for o, corners := range want {
		turned := strings.Replace(exif, "\x06", string(o), 1)
		for name, file := range map[string][]byte{
			"JPEG":      picturetest.Insert(encodeJPEG(t, colors(64, 48)), 2, picturetest.Segment(0xe1, "Exif\x00\x00", turned)),
			"gray JPEG": picturetest.Insert(encodeJPEG(t, gray), 2, picturetest.Segment(0xe1, "Exif\x00\x00", turned)),
			"PNG":       picturetest.Insert(encodePNG(t, colors(64, 48)), 33, picturetest.Chunk("eXIf", []byte(turned))),
		} {
			shown, info := clean(t, file)
			done, written := render(t, shown, info)
			if done.Upright != nil {
				shown = written[picture.UprightWidth]
			}
			img, _, err := image.Decode(bytes.NewReader(shown))
			if err != nil {
				t.Fatal(err)
			}
			size := img.Bounds().Size()
			if wide := size.X > size.Y; wide != (o < 5) {
				t.Errorf("%s with orientation %d: %v", name, o, size)
			}
			for n, corner := range corners {
				x, y := size.X/4+n%2*size.X/2, size.Y/4+n/2*size.Y/2
				if name == "gray JPEG" {
					corner = color.RGBAModel.Convert(color.GrayModel.Convert(corner)).(color.RGBA)
				}
				if !near(img.At(x, y), corner, 6) {
					t.Errorf("%s with orientation %d, at %d, %d: %v, want %v", name, o, x, y, img.At(x, y), corner)
				}
			}
		}
	}
}

func near(got, want color.Color, tolerance int) bool {
	r, g, b, a := got.RGBA()
	wr, wg, wb, wa := want.RGBA()
	for n, v := range []uint32{r, g, b, a} {
		if d := int(v>>8) - int([]uint32{wr, wg, wb, wa}[n]>>8); d < -tolerance || d > tolerance {
			return false
		}
	}
	return true
}

// Colors of WebP are those that dwebp decodes, and not in the range of video: white is 255 and not 235.
func TestRenderColorsOfWebP(t *testing.T) {
	t.Parallel()
	cleaned, info := clean(t, testdata(t, "lossy-exif-xmp-icc.webp"))
	done, written := render(t, cleaned, info)
	if done.Upright == nil || done.Upright.Format != picture.JPEG {
		t.Fatalf("it was not turned: %+v", done)
	}
	img, _, err := image.Decode(bytes.NewReader(written[picture.UprightWidth]))
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []color.RGBA{fourColors[1][0], fourColors[0][0], fourColors[1][1], fourColors[0][1]} {
		if got := img.At(12+n%2*24, 16+n/2*32); !near(got, want, 8) {
			t.Errorf("corner %d: %v, want %v", n, color.RGBAModel.Convert(got), want)
		}
	}
}

func TestRenderKeepsProfile(t *testing.T) {
	t.Parallel()
	large := profile("RGB ", 100_000) // two segments
	gray := image.NewGray(image.Rect(0, 0, 1000, 100))
	draw.Draw(gray, gray.Bounds(), noise(1000, 100), image.Point{}, draw.Src)
	packed := picturetest.Chunk("iCCP", append([]byte("name\x00\x00"), pack(large)...))
	tests := map[string]struct {
		file []byte
		want []byte
	}{
		"JPEG": {
			picturetest.Insert(encodeJPEG(t, noise(1000, 100)), 2, picturetest.Segment(0xe2, "ICC_PROFILE\x00\x02\x02", string(large[60000:])), picturetest.Segment(0xe2, "ICC_PROFILE\x00\x01\x02", string(large[:60000]))),
			large,
		},
		"gray JPEG":   {picturetest.Insert(encodeJPEG(t, gray), 2, picturetest.Segment(0xe2, "ICC_PROFILE\x00\x01\x01", string(profile("GRAY", 200)))), profile("GRAY", 200)},
		"PNG to JPEG": {picturetest.Insert(encodePNG(t, noise(1000, 100)), 33, packed), large},
		"PNG to PNG":  {picturetest.Insert(encodePNG(t, transparentNoise(1000, 100)), 33, packed), large},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cleaned, info := clean(t, test.file)
			done, written := render(t, cleaned, info)
			if len(done.Variants) != 1 {
				t.Fatalf("%+v", done)
			}
			for width, variant := range written {
				if !bytes.Equal(profileOf(t, variant), test.want) {
					t.Errorf("the variant of %d pixels has another profile", width)
				}
			}
		})
	}
}

// Bands give what the scaler gives in one piece, apart from rounding between the directions.
func TestRenderScalesAsCatmullRom(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 3300, 400))
	for y := range 400 {
		for x := range 3300 {
			steep := max(y%26-13, 13-y%26) * 19 // so that it shows by how much rows are displaced
			img.SetNRGBA(x, y, color.NRGBA{R: byte(x / 13), G: byte(steep), B: byte(x * y / 5200), A: byte(255 - x/100)})
		}
	}
	cleaned, info := clean(t, encodePNG(t, img))
	written := &buffer{}
	_, err := info.Render(bytes.NewReader(cleaned), 1<<62, func(width int) picture.Target {
		if width == 2400 {
			return written
		}
		return &buffer{}
	})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := image.Decode(bytes.NewReader(written.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	want := image.NewRGBA(got.Bounds())
	draw.CatmullRom.Scale(want, want.Bounds(), img, img.Bounds(), draw.Src, nil)
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			if !near(got.At(x, y), want.At(x, y), 3) {
				t.Fatalf("at %d, %d: %v, want %v", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}

// transparentNoise is noise with one transparent pixel.
func transparentNoise(width, height int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), noise(width, height), image.Point{}, draw.Src)
	img.SetNRGBA(0, 0, color.NRGBA{})
	return img
}
