package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// view shows a picture upright without a copy. Only one goroutine can use it.
type view struct {
	image.Image
	orientation orientation
	pixel       pixel
}

// pixel is a color that At returns again and again: encoders use a color before they ask for the next, and a new one for each
// of millions of pixels would take more memory than the picture.
type pixel struct{ color.RGBA64 }

func turn(img image.Image, o orientation) image.Image {
	if o == upright {
		return img
	}
	if gray, ok := img.(*image.Gray); ok {
		return turnGray(gray, o) // encoders find by the type that there is one channel
	}
	return &view{Image: img, orientation: o}
}

// Bounds implements image.Image.
func (v *view) Bounds() image.Rectangle {
	size := v.Image.Bounds().Size()
	if v.orientation.transposes() {
		size.X, size.Y = size.Y, size.X
	}
	return image.Rectangle{Max: size}
}

// ColorModel implements image.Image.
func (v *view) ColorModel() color.Model {
	if v.Opaque() {
		return color.RGBAModel
	}
	return color.NRGBAModel
}

// At implements image.Image.
func (v *view) At(x, y int) color.Color {
	bounds := v.Image.Bounds()
	sx, sy := v.orientation.source(x, y, bounds.Dx(), bounds.Dy())
	sx, sy = sx+bounds.Min.X, sy+bounds.Min.Y
	switch img := v.Image.(type) {
	case *image.YCbCr:
		r, g, b, a := img.YCbCrAt(sx, sy).RGBA()
		v.pixel.RGBA64 = color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: uint16(a)}
	case image.RGBA64Image:
		v.pixel.RGBA64 = img.RGBA64At(sx, sy)
	}
	return &v.pixel
}

// Opaque reports whether no pixel is transparent.
func (v *view) Opaque() bool { return isOpaque(v.Image) }

func isOpaque(img image.Image) bool {
	known, ok := img.(interface{ Opaque() bool })
	return ok && known.Opaque()
}

func turnGray(img *image.Gray, o orientation) *image.Gray {
	size := img.Bounds().Size()
	turned := image.NewGray((&view{Image: img, orientation: o}).Bounds())
	for y := range turned.Rect.Dy() {
		for x := range turned.Rect.Dx() {
			sx, sy := o.source(x, y, size.X, size.Y)
			turned.Pix[turned.PixOffset(x, y)] = img.GrayAt(sx+img.Rect.Min.X, sy+img.Rect.Min.Y).Y
		}
	}
	return turned
}

// grayOf returns a copy of a picture in shades of gray.
func grayOf(img image.Image) *image.Gray {
	gray := image.NewGray(img.Bounds())
	draw.Draw(gray, gray.Bounds(), img, img.Bounds().Min, draw.Src)
	return gray
}
