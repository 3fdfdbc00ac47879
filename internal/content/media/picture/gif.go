package picture

import (
	"encoding/binary"
	"slices"
)

// Blocks of GIF (GIF89a, appendix A).
const (
	gifExtension     = 0x21
	gifImage         = 0x2c
	gifTrailer       = 0x3b
	gifControl       = 0xf9
	gifApplication   = 0xff
	gifColorTable    = 0x80 // the flag of a color table
	gifMaxCodeLength = 8
)

// gifApplications are the application extensions that are kept: those that repeat an animation, and color profiles.
var gifApplications = []string{"NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"}

// gifCleaner copies the blocks of a GIF file that a picture consists of.
type gifCleaner struct {
	*stream
	info *Info
}

// cleanGIF keeps the frames, when they are shown, and how often they repeat. It drops comments, text and all other
// extensions. A GIF picture is never decoded: it is shown as it is.
func cleanGIF(s *stream, info *Info) {
	c := &gifCleaner{stream: s, info: info}
	info.kind, info.opaqueFormat, info.Frames = "GIF", true, 0
	header := s.take(13) // GIF89a, sections 17 and 18
	if header == nil {
		return
	}
	s.write(header...)
	info.Width, info.Height = int(binary.LittleEndian.Uint16(header[6:])), int(binary.LittleEndian.Uint16(header[8:]))
	s.fail(info.checkSize())
	c.colorTable(header[10])
	for s.err == nil {
		switch c.byte() {
		case gifExtension:
			c.extension()
		case gifImage:
			c.frame()
		case gifTrailer:
			if info.Frames == 0 {
				s.fail(errDamaged)
			}
			s.write(gifTrailer)
			return
		default:
			s.fail(errDamaged)
		}
	}
}

// colorTable copies a color table if the flags say that there is one.
func (c *gifCleaner) colorTable(flags byte) {
	if flags&gifColorTable != 0 {
		c.copy(3 << (flags&7 + 1))
	}
}

func (c *gifCleaner) extension() {
	switch label := c.byte(); label {
	case gifControl:
		c.write(gifExtension, label)
		c.blocks(true)
	case gifApplication:
		n := c.byte()
		name := slices.Clone(c.take(int(n)))
		keep := slices.Contains(gifApplications, string(name))
		if keep {
			c.write(gifExtension, label, n)
			c.write(name...)
		}
		c.blocks(keep)
	default:
		c.blocks(false)
	}
}

// blocks copies or skips data up to the empty block that ends it.
func (c *gifCleaner) blocks(keep bool) {
	for c.err == nil {
		n := c.byte()
		data := c.take(int(n))
		if keep && c.err == nil {
			c.write(n)
			c.write(data...)
		}
		if n == 0 {
			return
		}
	}
}

func (c *gifCleaner) frame() {
	b := c.take(9)
	if b == nil {
		return
	}
	c.write(gifImage)
	c.write(b...)
	left, top := int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:]))
	width, height := int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:]))
	if width == 0 || height == 0 || left+width > c.info.Width || top+height > c.info.Height {
		c.fail(errDamaged)
	}
	c.info.Frames++
	c.fail(c.info.checkFrames())
	c.colorTable(b[8])
	codeLength := c.byte()
	if codeLength > gifMaxCodeLength {
		c.fail(errDamaged)
	}
	c.write(codeLength)
	c.blocks(true)
}
