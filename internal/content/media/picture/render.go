package picture

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"

	"golang.org/x/image/webp"
)

// Rendition is a picture that was rendered from another one.
type Rendition struct {
	Format        Format
	Width, Height int
	// Size is in bytes.
	Size int64
}

// Renditions are what Render made of a picture.
type Renditions struct {
	// Upright replaces the picture, because it had to be turned. nil: the picture stays as it is.
	Upright *Rendition
	// Variants are smaller copies, the largest first.
	Variants []Rendition
}

// Target is where Render writes a rendition to. Close completes it; a target that is not closed is dropped.
type Target interface{ io.WriteCloser }

// UprightWidth stands for the upright picture, and every other number for the variant of that width.
const UprightWidth = 0

// Render decodes a picture that Clean has written, of size bytes, and renders it upright, if it has to be turned, and in the
// Widths that are at most three quarters of its own. A variant that is not smaller in bytes is left out. Pictures that cannot be decoded
// in bounded memory, such as animations, stay as they are.
//
// Only one Render may run at a time: each takes up to 96 MB (TestMemory). Errors: *InvalidError if the picture is damaged,
// and those of src and the targets.
func (i Info) Render(src io.ReadSeeker, size int64, create func(width int) Target) (Renditions, error) {
	if i.opaqueFormat || i.Animated() {
		return Renditions{}, nil
	}
	r := renderer{info: i, create: create}
	r.collectGarbage() // what the upload needed
	img, err := i.decode(src)
	if err != nil {
		return Renditions{}, err
	}
	_, r.gray = img.(*image.Gray)
	r.gray = r.gray || img.ColorModel() == color.Gray16Model
	r.format = JPEG
	if !isOpaque(img) {
		r.format = PNG
	}
	r.collectGarbage() // what decoding needed
	return r.render(img, size)
}

// decode decodes a picture, if the package that decodes it reads the same size from its header as Clean did.
func (i Info) decode(src io.ReadSeeker) (image.Image, error) {
	codec := codecs[i.Format]
	remembered := &source{Reader: src}
	config, err := codec.decodeConfig(remembered)
	if err == nil && (config.Width != i.Width || config.Height != i.Height) {
		err = errDamaged
	}
	var img image.Image
	if err == nil {
		if _, err = src.Seek(0, io.SeekStart); err == nil {
			img, err = codec.decode(remembered)
		}
	}
	switch {
	case remembered.err != nil:
		return nil, fmt.Errorf("read the picture: %w", remembered.err)
	case err != nil:
		return nil, errDamaged
	}
	return img, nil
}

// codecs decode the formats that are decoded.
var codecs = map[Format]struct {
	decodeConfig func(io.Reader) (image.Config, error)
	decode       func(io.Reader) (image.Image, error)
}{
	JPEG: {jpeg.DecodeConfig, jpeg.Decode},
	PNG:  {png.DecodeConfig, png.Decode},
	WebP: {webp.DecodeConfig, decodeWebP},
}

func decodeWebP(src io.Reader) (image.Image, error) {
	img, err := webp.Decode(src)
	if planes, ok := img.(*image.YCbCr); ok {
		expandRange(planes)
	}
	return img, err
}

// expandRange converts colors of VP8, which are in the range of video (RFC 6386, section 9.2: ITU-R BT.601), to the full
// range of image.YCbCr. Package webp leaves that to its callers.
func expandRange(img *image.YCbCr) {
	var luma, chroma [256]byte
	for v := range 256 {
		luma[v] = clamp(float64(v-16) * 255 / 219)
		chroma[v] = clamp(float64(v-128)*255/224 + 128)
	}
	for n, v := range img.Y {
		img.Y[n] = luma[v]
	}
	for _, plane := range [][]byte{img.Cb, img.Cr} {
		for n, v := range plane {
			plane[n] = chroma[v]
		}
	}
}

func clamp(v float64) byte { return byte(min(max(v+0.5, 0), 255)) }

type renderer struct {
	info   Info
	create func(width int) Target
	format Format
	gray   bool
	done   Renditions
}

func (r *renderer) render(img image.Image, size int64) (Renditions, error) {
	if r.info.orientation != upright {
		rendition, err := r.write(img, UprightWidth, uprightQuality, 1<<62)
		if err != nil {
			return Renditions{}, err
		}
		r.done.Upright, size = rendition, rendition.Size
	}
	if !r.info.profileFits(r.gray) {
		return r.done, nil
	}
	for _, width := range r.info.variantWidths() {
		w, h := r.info.variantSize(width)
		scaled := image.NewRGBA(image.Rect(0, 0, w, h))
		scale(scaled, img)
		img = scaled // the next one is scaled from it
		r.collectGarbage()
		rendition, err := r.write(img, width, variantQuality, size)
		if err != nil {
			return Renditions{}, err
		}
		if rendition != nil {
			r.done.Variants = append(r.done.Variants, *rendition)
		}
	}
	return r.done, nil
}

// errNotSmaller ends the encoding of a variant that has as many bytes as the picture.
var errNotSmaller = errors.New("the variant is not smaller")

// write encodes a rendition. It returns nil if it has limit bytes or more.
func (r *renderer) write(img image.Image, width, quality int, limit int64) (*Rendition, error) {
	profile := r.info.profile
	if !r.info.profileFits(r.gray) {
		profile = nil
	}
	if _, ok := img.(*image.Gray); !ok && r.gray {
		img = grayOf(img)
	}
	format := r.format
	if width == UprightWidth && r.info.Format == PNG {
		format = PNG // without loss, like the original
	}
	img = turn(img, r.info.orientation)
	target := r.create(width)
	counted := &counter{w: target, limit: limit}
	err := encode(counted, img, format, quality, profile)
	switch {
	case errors.Is(err, errNotSmaller):
		return nil, nil
	case err == nil:
		err = target.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("render a picture with a width of %d pixels: %w", img.Bounds().Dx(), err)
	}
	return &Rendition{Format: format, Width: img.Bounds().Dx(), Height: img.Bounds().Dy(), Size: counted.n}, nil
}

// counter counts bytes, and fails from a limit on.
type counter struct {
	w        io.Writer
	n, limit int64
	garbage  int64
}

// garbageStep is how many bytes are written between two garbage collections: sending them leaves about three times as much
// garbage, which would grow to the size of the decoded picture before it is collected.
const garbageStep = 1 << 20

func (c *counter) Write(p []byte) (int, error) {
	if c.n+int64(len(p)) >= c.limit {
		return 0, errNotSmaller
	}
	n, err := c.w.Write(p)
	c.n += int64(n)
	if c.garbage += int64(n); c.garbage >= garbageStep {
		c.garbage = 0
		runtime.GC()
	}
	return n, err
}

// collectGarbage frees what a step needed, before the next one allocates: up to 80 MB in a few objects, which the collector
// would leave until the heap has doubled. With such objects, a collection takes about a millisecond.
func (r *renderer) collectGarbage() {
	if r.info.decoding > 4<<20 {
		runtime.GC()
	}
}
