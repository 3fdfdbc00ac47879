package picture

import (
	"fmt"
	"math"
	"slices"
)

const (
	// MaxPixels is the maximum number of pixels of a picture, or of a frame. Phones take pictures of 12 megapixels.
	MaxPixels = 16_000_000
	// maxSide is the maximum width and height: what JPEG can have (ITU-T T.81, section B.2.2).
	maxSide = 65535
	// maxFrames is the maximum number of frames: 40 seconds with 25 frames a second.
	maxFrames = 1000
	// maxFramePixels is the maximum number of pixels of all frames together, which readers' browsers decode: 800 × 600 for
	// 16 seconds with 25 frames a second.
	maxFramePixels = 200_000_000
	// maxScans is the maximum number of scans of a progressive JPEG file, each of which can visit all its pixels. Encoders
	// write about ten.
	maxScans = 32
	// maxProfileBytes is the maximum size of a color profile that variants have, too. Those of cameras and screens have less
	// than 4 KB, those with tables less than 600 KB.
	maxProfileBytes = 1 << 20
	// maxMemory is how much memory decoding and resizing may take, in bytes, by the sizes of the buffers. The promised 96 MB
	// include the buffers of chunks and encoders, too (TestMemory measures).
	maxMemory = 91_500_000
	// encodingMemory is what encoders, chunks and the garbage of both take while the picture is in memory.
	encodingMemory = 4 << 20
)

// Widths are those of variants, in pixels: a phone, a column of text at the resolution of phones and laptops, a wide picture,
// and a full screen.
var Widths = []int{480, 960, 1600, 2400}

// checkSize fails if the picture is larger than MaxPixels or maxSide.
func (i Info) checkSize() error {
	switch {
	case i.Width <= 0 || i.Height <= 0:
		return errDamaged
	case i.Width > maxSide || i.Height > maxSide:
		return invalid("The picture is %d × %d pixels; a side can have at most %d. Make it smaller.", i.Width, i.Height, maxSide)
	case i.pixels() > MaxPixels:
		return i.tooManyPixels(MaxPixels)
	}
	return nil
}

// checkMemory fails if decoding and resizing would take more than maxMemory.
func (i Info) checkMemory() error {
	need := i.memory()
	if need <= maxMemory {
		return nil
	}
	return i.tooManyPixels(int64(float64(i.pixels()) * maxMemory / float64(need)))
}

// checkFrames fails if the frames are too many, or too many for their size.
func (i Info) checkFrames() error {
	switch {
	case i.Frames > maxFrames:
		return invalid("The animation has more than %d frames. Shorten it, or upload it to a video service and link to it.", maxFrames)
	case int64(i.Frames)*i.pixels() > maxFramePixels:
		return invalid("The animation is too long for its size of %d × %d pixels: it can have %d frames. Shorten it or make it smaller.",
			i.Width, i.Height, maxFramePixels/i.pixels())
	}
	return nil
}

func (i Info) pixels() int64 { return int64(i.Width) * int64(i.Height) }

func (i Info) tooManyPixels(limit int64) error {
	advice := "Make it smaller."
	if i.kind != "JPEG" && limit < MaxPixels {
		advice = "Make it smaller, or save it as an ordinary JPEG."
	}
	return invalid("The picture has %s megapixels (%d × %d); a %s can have at most %s. %s",
		megapixels(float64(i.pixels()), math.Ceil), i.Width, i.Height, i.kind, megapixels(float64(limit), math.Floor), advice)
}

// megapixels rounds to one decimal, so that a size above a limit is not shown as the limit.
func megapixels(pixels float64, round func(float64) float64) string {
	return fmt.Sprintf("%.1f", round(pixels/1e5)/10)
}

// memory returns how much memory decoding and resizing take, in bytes. What decoding needs apart from the result is free
// when resizing begins.
func (i Info) memory() int64 {
	width, height := i.largestVariant()
	if width == 0 {
		return i.decoding
	}
	return max(i.decoding, i.planes+4*int64(width)*int64(height)+scaleBytes(i.Width, i.Height, width, height)+encodingMemory)
}

// variantWidths returns the widths of the variants, the largest first. One that has more than half of the pixels is not worth
// its bytes.
func (i Info) variantWidths() []int {
	shown, _ := i.UprightSize()
	var widths []int
	for _, width := range slices.Backward(Widths) {
		if 4*width <= 3*shown {
			widths = append(widths, width)
		}
	}
	return widths
}

// largestVariant returns the size of the largest variant before it is turned upright. 0: there is none.
func (i Info) largestVariant() (width, height int) {
	if widths := i.variantWidths(); len(widths) > 0 {
		width, height = i.variantSize(widths[0])
	}
	return width, height
}

// variantSize returns the size of a variant before it is turned upright, from its width when it is.
func (i Info) variantSize(shownWidth int) (width, height int) {
	if i.orientation.transposes() {
		return proportional(i.Width, shownWidth, i.Height), shownWidth
	}
	return shownWidth, proportional(i.Height, shownWidth, i.Width)
}

// proportional returns size × numerator / denominator, rounded, and at least 1.
func proportional(size, numerator, denominator int) int {
	return max(1, (size*numerator+denominator/2)/denominator)
}
