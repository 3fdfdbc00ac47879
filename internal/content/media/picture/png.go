package picture

import (
	"encoding/binary"
	"slices"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// pngChunks are the chunks that are kept (PNG, third edition, sections 11.2 and 11.3): those with pixels, and those about
// colors, transparency and animation. Others have text, times and what cameras and editors write.
var pngChunks = []string{
	"IHDR", "PLTE", "IDAT", "IEND",
	"tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI", "bKGD",
	"acTL", "fcTL", "fdAT",
}

// pngCleaner copies the chunks of a PNG file that a picture consists of.
type pngCleaner struct {
	*stream
	info *Info
	// controls is the number of frames by their headers.
	controls int
	data     bool
}

func cleanPNG(s *stream, info *Info) {
	c := &pngCleaner{stream: s, info: info}
	s.copy(int64(len(pngSignature)))
	for first := true; s.err == nil; first = false {
		length, name := c.chunk()
		if first != (name == "IHDR") {
			s.fail(errDamaged)
		}
		c.copyChunk(length, name)
		if name == "IEND" {
			break
		}
	}
	if !c.data {
		s.fail(errDamaged)
	}
}

// chunk reads the length and the name of a chunk.
func (c *pngCleaner) chunk() (length int64, name string) {
	b := c.take(8)
	if b == nil {
		return 0, ""
	}
	length, name = int64(binary.BigEndian.Uint32(b)), string(b[4:])
	if length > 1<<31-1 {
		c.fail(errDamaged)
	}
	return length, name
}

func (c *pngCleaner) copyChunk(length int64, name string) {
	const checksum = 4
	switch {
	case name == "eXIf":
		n := min(length, maxExifBytes)
		if o := readOrientation(c.take(int(n))); c.info.orientation == upright {
			c.info.orientation = o
		}
		c.skip(length - n + checksum)
		return
	case !slices.Contains(pngChunks, name) && name != "" && name[0]&0x20 == 0: // a critical chunk
		c.fail(errDamaged)
	case !slices.Contains(pngChunks, name):
		c.skip(length + checksum)
		return
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(length))
	c.write(append(header, name...)...)
	switch name {
	case "IHDR":
		c.imageHeader(length)
	case "iCCP":
		chunk := c.collect(nil, length, maxProfileBytes)
		if c.info.profile, c.info.largeProfile = unpackProfile(chunk); chunk == nil {
			c.info.largeProfile = true
		}
	case "acTL":
		c.animationControl(length)
	case "fcTL":
		c.frameControl(length)
	default:
		c.data = c.data || name == "IDAT"
		c.copy(length)
	}
	c.copy(checksum)
}

// imageHeader reads the size and the kind of pixels (PNG, section 11.2.1), and computes the memory that image/png takes.
func (c *pngCleaner) imageHeader(length int64) {
	if length != 13 {
		c.fail(errDamaged)
	}
	b := c.take(13)
	c.write(b...)
	if c.err != nil {
		return
	}
	width, height := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if width > 1<<31-1 || height > 1<<31-1 {
		c.fail(errDamaged)
		return
	}
	c.info.Width, c.info.Height = int(width), int(height)
	depth, colorType, interlaced := b[8], b[9], b[12] != 0
	c.info.kind = pngKind(depth, interlaced)
	c.fail(c.info.checkSize())
	if c.err != nil {
		return
	}
	c.info.planes = c.info.pixels() * pngPixelBytes(depth, colorType)
	c.info.decoding = c.info.planes
	if interlaced {
		c.info.decoding *= 2 // the passes are decoded to pictures of their own
	}
	c.fail(c.info.checkMemory())
}

func pngKind(depth byte, interlaced bool) string {
	kind := "PNG"
	if depth == 16 {
		kind = "16-bit PNG"
	}
	if interlaced {
		kind += " with interlacing"
	}
	return kind
}

// pngPixelBytes returns the bytes of a pixel as image/png decodes it. Pixels with tRNS, which follows the header, have as
// many bytes as those with an alpha channel.
func pngPixelBytes(depth, colorType byte) int64 {
	const gray, palette = 0, 3
	switch {
	case depth == 16:
		return 8
	case colorType == palette:
		return 1
	case colorType == gray && depth <= 8:
		return 4 // 1 without tRNS
	}
	return 4
}

// animationControl reads the number of frames of an animation (PNG, section 11.3.3.1).
func (c *pngCleaner) animationControl(length int64) {
	if length != 8 {
		c.fail(errDamaged)
	}
	b := c.take(8)
	c.write(b...)
	if c.err != nil {
		return
	}
	c.info.Frames = int(max(1, min(binary.BigEndian.Uint32(b), maxFrames+1)))
	c.fail(c.info.checkFrames())
}

// frameControl counts a frame. Its size is within the picture's, or browsers ignore the animation.
func (c *pngCleaner) frameControl(length int64) {
	if c.controls++; c.controls > c.info.Frames {
		c.fail(errDamaged)
	}
	c.copy(length)
}
