package picture

import (
	"encoding/binary"
	"image"
	"image/draw"
	"math"

	kernel "golang.org/x/image/draw"
)

// line scales lines of a picture.
type line struct {
	source *image.RGBA64 // one line of the picture
	pixels []weighted    // of the scaled line
}

// weighted is how a pixel is computed: weights of the pixels of the source from first on, whose sum is 1.
type weighted struct {
	first   int
	weights []float32
}

func newLine(sourceWidth, width int) *line {
	l := &line{source: image.NewRGBA64(image.Rect(0, 0, sourceWidth, 1)), pixels: make([]weighted, width)}
	ratio := float64(sourceWidth) / float64(width)
	stretch := max(ratio, 1) // a smaller picture has a part of every pixel
	all := make([]float32, 0, width*(int(2*kernelSupport*stretch)+2))
	for x := range l.pixels {
		center := (float64(x)+0.5)*ratio - 0.5
		first := max(0, int(math.Ceil(center-kernelSupport*stretch)))
		last := min(sourceWidth-1, int(math.Floor(center+kernelSupport*stretch)))
		weights, sum := all[len(all):len(all):cap(all)], 0.0
		for at := first; at <= last; at++ {
			weight := kernel.CatmullRom.At(math.Abs(center-float64(at)) / stretch)
			weights, sum = append(weights, float32(weight)), sum+weight
		}
		for i := range weights {
			weights[i] /= float32(sum)
		}
		all = all[:len(all)+len(weights)]
		l.pixels[x] = weighted{first, weights}
	}
	return l
}

// scale writes the scaled line of a picture that begins at a point, in 4 bytes for each pixel, with premultiplied alpha.
func (l *line) scale(to []byte, src image.Image, at image.Point) {
	draw.Draw(l.source, l.source.Bounds(), src, at, draw.Src)
	for x, pixel := range l.pixels {
		var r, g, b, a float32
		from := l.source.Pix[8*pixel.first:]
		for i, weight := range pixel.weights {
			p := from[8*i : 8*i+8 : 8*i+8]
			r += weight * float32(binary.BigEndian.Uint16(p))
			g += weight * float32(binary.BigEndian.Uint16(p[2:]))
			b += weight * float32(binary.BigEndian.Uint16(p[4:]))
			a += weight * float32(binary.BigEndian.Uint16(p[6:]))
		}
		// The kernel has negative weights. No color can be more than alpha.
		a = min(max(a, 0), math.MaxUint16)
		p := to[4*x : 4*x+4 : 4*x+4]
		p[0], p[1], p[2], p[3] = eightBits(r, a), eightBits(g, a), eightBits(b, a), eightBits(a, a)
	}
}

func eightBits(value, most float32) byte { return byte(uint32(min(max(value, 0), most)) >> 8) }
