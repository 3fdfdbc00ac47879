package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	markerTEM  = 0x01
	markerSOF0 = 0xc0
	markerSOF1 = 0xc1
	markerSOF2 = 0xc2
	markerDHT  = 0xc4
	markerRST0 = 0xd0
	markerRST7 = 0xd7
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerDQT  = 0xdb
	markerDRI  = 0xdd
	markerAPP0 = 0xe0
	markerCOM  = 0xfe
)

// minimalJFIF is a JFIF header without density and thumbnail (ITU-T T.871). It says that colors are YCbCr.
var minimalJFIF = []byte{0xff, markerAPP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0}

const (
	iccPrefix   = "ICC_PROFILE\x00" // ICC.1:2022, section B.4
	adobePrefix = "Adobe"
)

// jpegCleaner copies the segments of a JPEG file that a picture consists of.
type jpegCleaner struct {
	*stream
	info  *Info
	scans int
	// jfif and adobe say which headers about colors were found, adobeTransform what the latter says.
	jfif, adobe    bool
	adobeTransform byte
	components     []jpegComponent
	progressive    bool
	profile        iccSegments
}

type jpegComponent struct {
	id   byte
	h, v int
}

// cleanJPEG keeps the segments that decoders need, the color profile, and what headers say about colors. It drops all other
// application segments, comments, and what follows the picture, such as a video.
func cleanJPEG(s *stream, info *Info) {
	c := &jpegCleaner{stream: s, info: info}
	info.kind = "JPEG"
	s.write(s.take(2)...) // Detect has seen the marker
	for s.err == nil {
		if s.byte() != 0xff {
			s.fail(errDamaged)
		}
		marker := c.markerAfterFill()
		for marker == markerSOS && s.err == nil {
			marker = c.scan()
		}
		if marker == markerEOI {
			s.write(0xff, markerEOI)
			c.finish()
			return
		}
		c.segment(marker)
	}
}

// markerAfterFill returns the marker after 0xff, and any number of fill bytes.
func (c *jpegCleaner) markerAfterFill() byte {
	marker := c.byte()
	for marker == 0xff && c.err == nil {
		marker = c.byte()
	}
	return marker
}

func (c *jpegCleaner) segment(marker byte) {
	if marker == markerTEM || markerRST0 <= marker && marker <= markerRST7 {
		return // without parameters; decoders ignore it between segments
	}
	n := c.length()
	switch {
	case marker == markerSOF0 || marker == markerSOF1 || marker == markerSOF2:
		c.frame(marker, n)
	case marker == markerDHT || marker == markerDQT || marker == markerDRI:
		c.copySegment(marker, n)
	case marker >= markerAPP0 && marker <= markerAPP0+15:
		c.application(marker, n)
	case marker == markerCOM:
		c.skip(n)
	case marker > markerSOF2 && marker < 0xd0:
		c.fail(invalid("Browsers do not show this kind of JPEG. Save it as an ordinary JPEG."))
	default:
		c.fail(errDamaged)
	}
}

// length reads the length of a segment, without that of the length itself.
func (c *jpegCleaner) length() int64 {
	b := c.take(2)
	if b == nil {
		return 0
	}
	n := int64(binary.BigEndian.Uint16(b)) - 2
	if n < 0 {
		c.fail(errDamaged)
	}
	return max(n, 0)
}

func (c *jpegCleaner) copySegment(marker byte, n int64) {
	c.header(marker, n)
	c.copy(n)
}

func (c *jpegCleaner) header(marker byte, n int64) {
	c.write(0xff, marker, byte((n+2)>>8), byte(n+2))
}

// frame reads the frame header, which has the size of the picture (ITU-T T.81, section B.2.2).
func (c *jpegCleaner) frame(marker byte, n int64) {
	if n < 6 || c.components != nil {
		c.fail(errDamaged)
	}
	c.header(marker, n)
	b := c.take(int(n))
	c.write(b...)
	if c.err != nil {
		return
	}
	if b[0] != 8 {
		c.fail(invalid("The JPEG has %d bits for each color. Save it with 8 bits.", b[0]))
		return
	}
	c.info.Height, c.info.Width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	if count := int(b[5]); count != 1 && count != 3 && count != 4 || n != int64(6+3*count) {
		c.fail(errDamaged)
		return
	}
	for spec := range slices.Chunk(b[6:], 3) {
		component := jpegComponent{spec[0], int(spec[1] >> 4), int(spec[1] & 15)}
		if component.h < 1 || component.h > 4 || component.v < 1 || component.v > 4 {
			c.fail(errDamaged)
			return
		}
		c.components = append(c.components, component)
	}
	c.progressive = marker == markerSOF2
	c.measure()
	c.fail(c.info.checkSize())
	c.fail(c.info.checkMemory())
}

// scan copies a scan, and returns the marker after it.
func (c *jpegCleaner) scan() byte {
	most := len(c.components) // a scan for each
	if c.progressive {
		most = maxScans
	}
	if c.scans++; c.scans > most {
		c.fail(errDamaged)
	}
	c.copySegment(markerSOS, c.length())
	for c.err == nil {
		data, err := c.in.ReadSlice(0xff)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			c.write(data...)
			continue
		case err != nil:
			c.readFailed()
			return 0
		}
		c.write(data[:len(data)-1]...)
		switch marker := c.markerAfterFill(); {
		case marker == 0 || markerRST0 <= marker && marker <= markerRST7: // part of the data
			c.write(0xff, marker)
		default:
			return marker
		}
	}
	return 0
}

// application keeps what application segments say about colors, and reads the orientation.
func (c *jpegCleaner) application(marker byte, n int64) {
	b := c.take(int(n))
	switch name := marker - markerAPP0; {
	case name == 0 && bytes.HasPrefix(b, []byte("JFIF\x00")):
		if !c.jfif {
			c.write(minimalJFIF...)
		}
		c.jfif = true
	case name == 1 && bytes.HasPrefix(b, []byte("Exif\x00\x00")) && c.info.orientation == upright:
		c.info.orientation = readOrientation(b)
	case name == 2 && bytes.HasPrefix(b, []byte(iccPrefix)) && len(b) > len(iccPrefix)+2:
		c.profile.add(b[len(iccPrefix)], b[len(iccPrefix)+1], b[len(iccPrefix)+2:])
		c.header(marker, n)
		c.write(b...)
	case name == 14 && bytes.HasPrefix(b, []byte(adobePrefix)) && len(b) >= 12:
		c.adobe, c.adobeTransform = true, b[11]
		c.header(marker, 12)
		c.write(b[:12]...)
	}
}

func (c *jpegCleaner) finish() {
	if c.scans == 0 {
		c.fail(errDamaged)
	}
	c.measure() // now that the headers about colors are known
	c.fail(c.info.checkMemory())
	c.info.profile, c.info.largeProfile = c.profile.join()
}

// measure computes the memory that image/jpeg takes: a byte for each sample, padded to whole units, coefficients of 4 bytes
// each if the picture is progressive, and the colors of pictures that are not YCbCr once more in 4 bytes.
func (c *jpegCleaner) measure() {
	hMax, vMax, perUnit := 1, 1, 0
	for _, component := range c.components {
		hMax, vMax = max(hMax, component.h), max(vMax, component.v)
		perUnit += component.h * component.v
	}
	if len(c.components) == 1 {
		hMax, vMax, perUnit = 1, 1, 1
	}
	units := ceilDiv(c.info.Width, 8*hMax) * ceilDiv(c.info.Height, 8*vMax)
	samples := int64(units) * int64(perUnit) * 64
	c.info.planes, c.info.decoding = samples, samples
	if c.progressive {
		c.info.kind = "progressive JPEG"
		c.info.decoding += 4 * samples
	}
	if c.recolored() {
		c.info.decoding += 4 * c.info.pixels()
		c.info.planes = 4 * c.info.pixels()
		c.info.kind = "JPEG with RGB or CMYK colors"
	}
}

// recolored reports whether image/jpeg converts the samples: CMYK, and RGB as its function isRGB finds it.
func (c *jpegCleaner) recolored() bool {
	if len(c.components) != 3 {
		return len(c.components) == 4
	}
	if c.jfif {
		return false
	}
	return c.adobe && c.adobeTransform == 0 ||
		c.components[0].id == 'R' && c.components[1].id == 'G' && c.components[2].id == 'B'
}

func ceilDiv(n, by int) int { return (n + by - 1) / by }
