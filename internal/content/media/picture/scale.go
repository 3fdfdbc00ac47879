package picture

import (
	"image"
	"math"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

const (
	// scalerBytes is what CatmullRom.Scale takes for each pixel of the wanted width and the source's height: four float64, and
	// here also the RGBA pixel of a band.
	scalerBytes = 32 + 4
	// bandMemory is the memory that a band should take.
	bandMemory = 6 << 20
	// kernelSupport is how far the kernel CatmullRom reaches, in pixels of the larger scale.
	kernelSupport = 2
)

// bands says how the rows of a picture are scaled: by bands of source rows that overlap, each of which gives some rows.
type bands struct {
	ratio        float64 // rows of the source to a row
	margin       int     // rows above and below that the kernel needs
	sourceHeight int     // of the picture
	source, rows int     // of a band
}

func newBands(sourceHeight, width, height int) bands {
	ratio := float64(sourceHeight) / float64(height)
	b := bands{ratio: ratio, margin: int(math.Ceil(kernelSupport*max(ratio, 1))) + 1, sourceHeight: sourceHeight}
	affordable := bandMemory/(scalerBytes*width) - 2*b.margin
	b.rows = max(1, int(float64(affordable)/ratio))
	b.source = min(sourceHeight, int(math.Ceil(float64(b.rows)*ratio))+2*b.margin+1)
	return b
}

// at returns the first row of the source of the band that begins at a row.
func (b bands) at(row int) int {
	top := int(float64(row)*b.ratio) - b.margin
	return min(max(top, 0), b.sourceHeight-b.source)
}

// bandBytes returns the memory of a band.
func bandBytes(sourceHeight, width, height int) int64 {
	return scalerBytes * int64(width) * int64(newBands(sourceHeight, width, height).source)
}

// scale scales src to dst by the kernel CatmullRom. CatmullRom.Scale itself would take 32 bytes for each pixel of dst's width
// and src's height. The kernel is separable, so each band is scaled horizontally first, which changes no row because the
// heights are the same, and then vertically by Transform, which takes no memory, and changes no column.
func scale(dst *image.RGBA, src image.Image) {
	from, to := src.Bounds(), dst.Bounds()
	b := newBands(from.Dy(), to.Dx(), to.Dy())
	horizontal := draw.CatmullRom.NewScaler(to.Dx(), b.source, from.Dx(), b.source)
	band := image.NewRGBA(image.Rect(0, 0, to.Dx(), b.source))
	for row := 0; row < to.Dy(); row += b.rows {
		top := b.at(row)
		part := image.Rect(from.Min.X, from.Min.Y+top, from.Max.X, from.Min.Y+top+b.source)
		horizontal.Scale(band, band.Bounds(), src, part, draw.Src, nil)
		rows := dst.SubImage(image.Rect(0, row, to.Dx(), min(row+b.rows, to.Dy()))).(*image.RGBA)
		toRows := f64.Aff3{1, 0, 0, 0, 1 / b.ratio, float64(top) / b.ratio}
		draw.CatmullRom.Transform(rows, toRows, band, band.Bounds(), draw.Src, nil)
	}
}
