package picture

import (
	"encoding/binary"
	"slices"
)

const (
	// riffHeaderBytes is the length of "RIFF", a length and "WEBP", after which the first chunk begins.
	riffHeaderBytes = 12
	// Flags of the chunk VP8X (RFC 9649, section 2.7.1).
	webpAnimated = 1 << 1
	webpXMP      = 1 << 2
	webpExif     = 1 << 3
	webpAlpha    = 1 << 4
	webpICC      = 1 << 5
)

// webpChunks are the chunks that are kept, and webpFrameChunks those of a frame of an animation (RFC 9649, section 2.7).
var (
	webpChunks      = []string{"VP8X", "ICCP", "ANIM", "ANMF", "ALPH", "VP8 ", "VP8L"}
	webpFrameChunks = []string{"ALPH", "VP8 ", "VP8L"}
)

// webpCleaner copies the chunks of a WebP file that a picture consists of.
type webpCleaner struct {
	*stream
	dst  Output
	info *Info
	// left is how much of the file is left, by its header.
	left     int64
	extended bool // it begins with VP8X
	flags    byte
	image    bool // a chunk with pixels was found
	icc      bool
}

// cleanWebP keeps the pixels, the animation and the color profile.
func cleanWebP(s *stream, dst Output, info *Info) {
	c := &webpCleaner{stream: s, dst: dst, info: info}
	info.kind = "WebP"
	header := s.take(riffHeaderBytes)
	if header == nil {
		return
	}
	s.write(header...)
	c.left = int64(binary.LittleEndian.Uint32(header[4:])) - 4
	for first := true; c.left > 0 && s.err == nil; first = false {
		c.chunk(first)
	}
	switch {
	case s.err != nil:
	case c.flags&webpAnimated != 0:
		c.finishAnimation()
	case !c.image:
		s.fail(errDamaged)
	}
	c.fixHeader()
}

// chunk copies or skips a chunk.
func (c *webpCleaner) chunk(first bool) {
	name, length := c.chunkHeader(&c.left)
	if c.err != nil {
		return
	}
	padded := length + length&1
	switch {
	case name == "EXIF":
		n := min(length, maxExifBytes)
		c.info.orientation = readOrientation(c.take(int(n)))
		c.skip(padded - n)
		return
	case !slices.Contains(webpChunks, name):
		c.skip(padded)
		return
	case first == (name == "VP8X" || name == "VP8 " || name == "VP8L"):
	case !first && c.extended && (name == "VP8 " || name == "VP8L"):
	default:
		c.fail(errDamaged)
		return
	}
	c.writeChunkHeader(name, length)
	switch name {
	case "VP8X":
		c.canvas(length)
	case "ICCP":
		c.icc = true
		c.info.profile = c.collect(nil, length, maxProfileBytes)
		c.info.largeProfile = c.info.profile == nil
		c.copy(length & 1)
	case "ANMF":
		c.frame(length)
	case "VP8 ", "VP8L":
		c.still(name, length)
	default:
		if name == "ALPH" {
			c.info.opaqueFormat = true
		}
		c.copy(padded)
	}
}

// chunkHeader reads the header of a chunk, and checks that it is within what is left.
func (c *webpCleaner) chunkHeader(left *int64) (name string, length int64) {
	b := c.take(8)
	if b == nil {
		return "", 0
	}
	name, length = string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
	if *left -= 8 + length + length&1; *left < 0 {
		c.fail(errDamaged)
	}
	return name, length
}

func (c *webpCleaner) writeChunkHeader(name string, length int64) {
	c.write(binary.LittleEndian.AppendUint32([]byte(name), uint32(length))...)
}

// canvas reads the size of an extended file (RFC 9649, section 2.7.1).
func (c *webpCleaner) canvas(length int64) {
	if length != 10 || c.extended {
		c.fail(errDamaged)
	}
	b := c.take(10)
	if b == nil {
		return
	}
	c.write(b...)
	c.extended, c.flags = true, b[0]
	c.info.Width, c.info.Height = uint24(b[4:])+1, uint24(b[7:])+1
	if c.flags&webpAnimated != 0 {
		c.info.Frames = 0
	}
	c.fail(c.info.checkSize())
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// still copies the pixels of a picture that is not animated.
//
// Lossless pixels, and those with transparency, which is compressed in the same way, are never decoded: package vp8l needs up
// to 2.6 KB of memory for each of 65,535 groups of codes, however small the file is.
func (c *webpCleaner) still(name string, length int64) {
	if c.image || c.flags&webpAnimated != 0 {
		c.fail(errDamaged)
	}
	c.image = true
	width, height, head := c.imageHeader(name, length)
	if c.extended && (width != c.info.Width || height != c.info.Height) {
		c.fail(errDamaged)
	}
	c.info.Width, c.info.Height = width, height
	c.fail(c.info.checkSize())
	if name == "VP8L" || c.flags&webpAlpha != 0 {
		c.info.opaqueFormat = true
	}
	// Package vp8 reads the data of a frame as a whole, and stores 4:2:0 in whole macroblocks.
	macroblocks := int64(ceilDiv(width, 16)) * int64(ceilDiv(height, 16))
	c.info.planes = macroblocks * 384
	c.info.decoding = c.info.planes + length
	if !c.info.opaqueFormat {
		c.fail(c.info.checkMemory())
	}
	c.copy(length + length&1 - head)
}

// imageHeader copies the beginning of a chunk with pixels, which has their size (RFC 6386, section 9.1; RFC 9649, section
// 3.4), and returns its length.
func (c *webpCleaner) imageHeader(name string, length int64) (width, height int, head int64) {
	head = 10
	if name == "VP8L" {
		head = 5
	}
	if length < head {
		c.fail(errDamaged)
	}
	b := c.take(int(head))
	if b == nil {
		return 0, 0, head
	}
	c.write(b...)
	if name == "VP8L" {
		size := binary.LittleEndian.Uint32(b[1:])
		if b[0] != 0x2f {
			c.fail(errDamaged)
		}
		return int(size&0x3fff) + 1, int(size>>14&0x3fff) + 1, head
	}
	if string(b[3:6]) != "\x9d\x01\x2a" {
		c.fail(errDamaged)
	}
	return int(binary.LittleEndian.Uint16(b[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[8:]) & 0x3fff), head
}

// frame copies a frame of an animation (RFC 9649, section 2.7.1.1). What is no part of the picture is overwritten, since the
// length of the frame is before it.
func (c *webpCleaner) frame(length int64) {
	const header = 16
	if length < header || c.flags&webpAnimated == 0 {
		c.fail(errDamaged)
	}
	b := c.take(header)
	if b == nil {
		return
	}
	c.write(b...)
	width, height := uint24(b[6:])+1, uint24(b[9:])+1
	if 2*uint24(b)+width > c.info.Width || 2*uint24(b[3:])+height > c.info.Height {
		c.fail(errDamaged)
	}
	c.info.Frames++
	c.fail(c.info.checkFrames())
	for left := length - header; left > 0 && c.err == nil; {
		c.frameChunk(&left, width, height)
	}
	c.copy(length & 1)
}

func (c *webpCleaner) frameChunk(left *int64, width, height int) {
	name, length := c.chunkHeader(left)
	padded := length + length&1
	if !slices.Contains(webpFrameChunks, name) {
		c.writeChunkHeader("JUNK", length)
		c.zero(padded)
		return
	}
	c.writeChunkHeader(name, length)
	if name == "ALPH" {
		c.copy(padded)
		return
	}
	w, h, head := c.imageHeader(name, length)
	if w != width || h != height {
		c.fail(errDamaged)
	}
	c.copy(padded - head)
}

func (c *webpCleaner) finishAnimation() {
	if c.info.Frames == 0 {
		c.fail(errDamaged)
	}
	c.info.opaqueFormat = true
}

// fixHeader corrects the length of the file, and the flags that say which chunks it has.
func (c *webpCleaner) fixHeader() {
	if c.err != nil {
		return
	}
	_, err := c.dst.WriteAt(binary.LittleEndian.AppendUint32(nil, uint32(c.written-8)), 4)
	if err == nil && c.extended {
		flags := c.flags &^ (webpXMP | webpExif | webpICC)
		if c.icc {
			flags |= webpICC
		}
		_, err = c.dst.WriteAt([]byte{flags}, riffHeaderBytes+8)
	}
	c.fail(err)
}
