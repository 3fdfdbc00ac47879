package picture

import (
	"image"
	"math"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

const (
	// bandMemory is the memory that a band should take.
	bandMemory = 2 << 20
	// lineBytes is what a line takes for each pixel of the source's width: the RGBA64 pixel, and the weights of the wanted pixels that
	// it is a part of, 2 × kernelSupport of them.
	lineBytes = 8 + 2*kernelSupport*4
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
	affordable := bandMemory/(4*width) - 2*b.margin
	b.rows = max(1, int(float64(affordable)/ratio))
	b.source = min(sourceHeight, int(math.Ceil(float64(b.rows)*ratio))+2*b.margin+1)
	return b
}

// at returns the first row of the source of the band that begins at a row.
func (b bands) at(row int) int {
	top := int(float64(row)*b.ratio) - b.margin
	return min(max(top, 0), b.sourceHeight-b.source)
}

// scaleBytes returns the memory that scale takes.
func scaleBytes(sourceWidth, sourceHeight, width, height int) int64 {
	return 4*int64(width)*int64(newBands(sourceHeight, width, height).source) + lineBytes*int64(sourceWidth)
}

// scale scales src to dst by the kernel CatmullRom. CatmullRom.Scale itself would take 32 bytes for each pixel of dst's width
// and src's height, and a Scaler of bands as much for each processor, since it keeps that in a sync.Pool. The kernel is separable, so
// each band is scaled horizontally first, line by line, and then vertically by Transform, which takes no memory, and changes no column.
func scale(dst *image.RGBA, src image.Image) {
	from, to := src.Bounds(), dst.Bounds()
	b := newBands(from.Dy(), to.Dx(), to.Dy())
	horizontal := newLine(from.Dx(), to.Dx())
	band := image.NewRGBA(image.Rect(0, 0, to.Dx(), b.source))
	for row := 0; row < to.Dy(); row += b.rows {
		top := b.at(row)
		for y := range b.source {
			horizontal.scale(band.Pix[y*band.Stride:(y+1)*band.Stride], src, image.Pt(from.Min.X, from.Min.Y+top+y))
		}
		rows := dst.SubImage(image.Rect(0, row, to.Dx(), min(row+b.rows, to.Dy()))).(*image.RGBA)
		toRows := f64.Aff3{1, 0, 0, 0, 1 / b.ratio, float64(top) / b.ratio}
		draw.CatmullRom.Transform(rows, toRows, band, band.Bounds(), draw.Src, nil)
	}
}
