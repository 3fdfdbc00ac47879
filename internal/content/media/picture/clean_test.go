package picture_test

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/image/webp"

	"github.com/echoblogs/echoblogs/internal/content/media/picture"
	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// jpegWithMetadata has all that cameras and editors write, and a video at its end.
func jpegWithMetadata(t *testing.T) []byte {
	t.Helper()
	return append(picturetest.Insert(encodeJPEG(t, colors(64, 48)), 2,
		picturetest.Segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), picturetest.Segment(0xe0, "JFXX\x00", secret),
		picturetest.Segment(0xe1, "Exif\x00\x00", exif), picturetest.Segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00", secret),
		picturetest.Segment(0xe2, "ICC_PROFILE\x00\x01\x02", string(profile("RGB ", 200))), picturetest.Segment(0xe2, "ICC_PROFILE\x00\x02\x02", strings.Repeat("Q", 50)),
		picturetest.Segment(0xe2, "MPF\x00", secret), picturetest.Segment(0xed, "Photoshop 3.0\x00", secret),
		picturetest.Segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x01", secret), picturetest.Segment(0xfe, secret), []byte{0xff, 0xff}, picturetest.Segment(0xfe, secret)[1:],
	), secret...)
}

func pngWithMetadata(t *testing.T) []byte {
	t.Helper()
	packed := append([]byte("name\x00\x00"), pack(profile("RGB ", 200))...)
	return append(picturetest.Insert(encodePNG(t, colors(64, 48)), 33,
		picturetest.Chunk("iCCP", packed), picturetest.Chunk("gAMA", []byte{0, 0, 0xb1, 0x8f}), picturetest.Chunk("tEXt", []byte("Author\x00"+secret)), picturetest.Chunk("zTXt", []byte(secret)),
		picturetest.Chunk("iTXt", []byte(secret)), picturetest.Chunk("eXIf", []byte(exif)), picturetest.Chunk("tIME", []byte(secret+"1")), picturetest.Chunk("zzZz", []byte(secret)),
	), secret...)
}

func gifWithMetadata(t *testing.T) []byte {
	t.Helper()
	file := encodeGIF(t, 3)
	return append(picturetest.Insert(file, bytes.Index(file, []byte("!\xff\x0bNETSCAPE")),
		[]byte("!\xfe\x06"+secret+"\x00"), []byte("!\xff\x0bXMP DataXMP\x06"+secret+"\x00"), []byte("!\x01\x0c"+strings.Repeat("t", 12)+"\x06"+secret+"\x00"),
	), secret...)
}

func TestCleanRemovesMetadata(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file          []byte
		kept          []string // in the order of the file
		width, height int
		frames        int
	}{
		"JPEG":             {jpegWithMetadata(t), []string{"JFIF", "ICC_PROFILE", "RGB PPP", "ICC_PROFILE", "QQQQ", "Adobe"}, 48, 64, 1},
		"progressive JPEG": {picturetest.Insert(testdata(t, "progressive.jpg"), 2, picturetest.Segment(0xfe, secret)), nil, 64, 48, 1},
		"PNG":              {pngWithMetadata(t), []string{"IHDR", "iCCP", "gAMA", "IDAT", "IEND"}, 48, 64, 1},
		"GIF":              {gifWithMetadata(t), []string{"NETSCAPE2.0"}, 8, 6, 3},
		"WebP":             {append(testdata(t, "lossy-exif-xmp-icc.webp"), secret...), []string{"VP8X", "ICCP", "PPPP", "VP8 "}, 48, 64, 1},
		"animated PNG": {
			picturetest.Insert(encodePNG(t, colors(64, 48)), 33, picturetest.Chunk("acTL", []byte("\x00\x00\x00\x02\x00\x00\x00\x00")), picturetest.Chunk("eXIf", []byte(exif))),
			[]string{"IHDR", "acTL", "IDAT"}, 64, 48, 2, // it is not turned
		},
		"animated WebP": {testdata(t, "animated-xmp.webp"), []string{"VP8X", "ANIM", "ANMF", "VP8L", "ANMF", "VP8L"}, 64, 48, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !bytes.Contains(test.file, []byte(secret)) {
				t.Fatal("the fixture has no secret")
			}
			cleaned, info := clean(t, test.file)
			if bytes.Contains(cleaned, []byte(secret)) {
				t.Errorf("metadata is left:\n%q", cleaned)
			}
			rest := cleaned
			for _, kept := range test.kept {
				_, after, found := bytes.Cut(rest, []byte(kept))
				if !found {
					t.Fatalf("%s is missing", kept)
				}
				rest = after
			}
			if width, height := info.UprightSize(); width != test.width || height != test.height || info.Frames != test.frames {
				t.Errorf("%d × %d pixels, %d frames; want %d × %d, %d", width, height, info.Frames, test.width, test.height, test.frames)
			}
			again, _ := clean(t, cleaned)
			if !bytes.Equal(again, cleaned) {
				t.Error("cleaning it again changes it")
			}
		})
	}
}

// What is left are the pixels of before.
func TestCleanKeepsPixels(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"JPEG": jpegWithMetadata(t), "progressive JPEG": testdata(t, "progressive.jpg"), "PNG": pngWithMetadata(t), "GIF": gifWithMetadata(t),
	} {
		cleaned, _ := clean(t, file)
		before, _, err := image.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		after, _, err := image.Decode(bytes.NewReader(cleaned))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !samePixels(before, after) {
			t.Errorf("%s: the pixels have changed", name)
		}
	}
	cleaned, _ := clean(t, gifWithMetadata(t))
	animation, err := gif.DecodeAll(bytes.NewReader(cleaned))
	if err != nil || len(animation.Image) != 3 || animation.Delay[1] != 10 || animation.LoopCount != 3 {
		t.Errorf("the animation has changed: %v, %+v", err, animation)
	}
	for _, name := range []string{"lossy-exif-xmp-icc.webp", "lossy.webp", "lossless.webp"} {
		cleaned, _ := clean(t, testdata(t, name))
		after, err := webp.Decode(bytes.NewReader(cleaned))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if before, err := webp.Decode(bytes.NewReader(testdata(t, name))); err != nil || !samePixels(before, after) {
			t.Errorf("%s: the pixels have changed: %v", name, err)
		}
	}
}

func samePixels(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

// The flags of VP8X and the length are those of what is left (checked with webpinfo, too).
func TestCleanCorrectsWebPHeader(t *testing.T) {
	t.Parallel()
	cleaned, _ := clean(t, testdata(t, "lossy-exif-xmp-icc.webp"))
	if flags := cleaned[20]; flags != 1<<5 {
		t.Errorf("the flags are %b, want that of the color profile", flags)
	}
	if length := int(cleaned[4]) | int(cleaned[5])<<8; length != len(cleaned)-8 {
		t.Errorf("the length is %d, want %d", length, len(cleaned)-8)
	}
}

func TestDetectRefuses(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"":                               "The file is empty.",
		"<svg xmlns=''>":                 "SVG pictures can contain programs. Save it as PNG.",
		"\ufeff\n<?xml?>\n<!-- --><SVG>": "SVG pictures can contain programs. Save it as PNG.",
		"\x00\x00\x00\x18ftypheic":       "Most browsers do not show HEIC pictures. Save it as JPEG.",
		"\x00\x00\x00\x18ftypavif":       "AVIF pictures are not supported. Save it as JPEG or WebP.",
		"\x00\x00\x00\x18ftypisom":       "Videos are not supported. Upload it to a video service and link to it.",
		"<html><script>":                 "The file is not a JPEG, PNG, GIF or WebP picture, nor a PDF. Save it as one of these.",
		"MZ":                             "The file is not a JPEG, PNG, GIF or WebP picture, nor a PDF. Save it as one of these.",
		"RIFF\x00\x00\x00\x00WAVE":       "The file is not a JPEG, PNG, GIF or WebP picture, nor a PDF. Save it as one of these.",
	} {
		_, err := picture.Detect([]byte(head))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", head, err, want)
		}
	}
}

// A file that ends early is refused wherever it ends, and an upload that breaks off is not called a damaged picture.
func TestCleanRefusesTruncatedFiles(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{
		"JPEG": encodeJPEG(t, colors(64, 48)), "progressive JPEG": testdata(t, "progressive.jpg"), "PNG": encodePNG(t, colors(64, 48)),
		"GIF": encodeGIF(t, 3), "WebP": testdata(t, "lossy.webp"), "lossless WebP": testdata(t, "lossless.webp"), "animated WebP": testdata(t, "animated-xmp.webp"),
	}
	for name, file := range files {
		format, err := picture.Detect(file)
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(file) {
			_, err := picture.Clean(&buffer{}, bytes.NewReader(file[:n]), format)
			if _, refused := errors.AsType[*picture.InvalidError](err); !refused {
				t.Fatalf("%s, the first %d of %d bytes: %v", name, n, len(file), err)
			}
			broken := io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(io.ErrUnexpectedEOF))
			if _, err := picture.Clean(&buffer{}, broken, format); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s, an upload that breaks off after %d bytes: %v", name, n, err)
			}
		}
	}
}
