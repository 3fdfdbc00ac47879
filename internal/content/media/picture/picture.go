// Package picture prepares uploaded pictures for the web. It decides what a file is by its content, removes metadata without
// decoding, and renders upright copies in smaller sizes. Memory and time are bounded by what the headers say, before
// anything is decoded.
package picture

import (
	"bytes"
	"fmt"
	"io"
)

// Format is a format of pictures, as a media type.
type Format string

// The formats that every browser shows.
const (
	JPEG Format = "image/jpeg"
	PNG  Format = "image/png"
	GIF  Format = "image/gif"
	WebP Format = "image/webp"
)

// HeadBytes is how many bytes of a file Detect needs: enough for white space and comments before <svg>.
const HeadBytes = 512

// InvalidError explains to an author why a picture is not accepted.
type InvalidError struct {
	// Sentence says what is wrong and what to do.
	Sentence string
}

func (e *InvalidError) Error() string { return e.Sentence }

func invalid(format string, args ...any) error {
	return &InvalidError{Sentence: fmt.Sprintf(format, args...)}
}

// errDamaged is returned for a file that is not what its first bytes say.
var errDamaged = &InvalidError{Sentence: "The picture is damaged or incomplete. Open it in an image editor and save it again."}

// Detect returns the format of a file from its first bytes, at most HeadBytes. It returns *InvalidError for everything that
// is no picture in one of the formats.
func Detect(head []byte) (Format, error) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return JPEG, nil
	case bytes.HasPrefix(head, []byte(pngSignature)):
		return PNG, nil
	case bytes.HasPrefix(head, []byte("GIF87a")), bytes.HasPrefix(head, []byte("GIF89a")):
		return GIF, nil
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return WebP, nil
	}
	return "", explainFormat(head)
}

// explainFormat explains why a file is no accepted picture, in particular for what authors often have.
func explainFormat(head []byte) error {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"))
	brand := ""
	if len(head) >= 12 && string(head[4:8]) == "ftyp" { // ISO/IEC 14496-12, section 4.3
		brand = string(head[8:12])
	}
	switch {
	case len(head) == 0:
		return invalid("The file is empty.")
	case bytes.HasPrefix(text, []byte("<")) && bytes.Contains(text, []byte("<svg")):
		return invalid("SVG pictures can contain programs. Save it as PNG.")
	case brand == "heic" || brand == "heix" || brand == "hevc" || brand == "mif1" || brand == "msf1":
		return invalid("Most browsers do not show HEIC pictures. Save it as JPEG.")
	case brand == "avif" || brand == "avis":
		return invalid("AVIF pictures are not supported. Save it as JPEG or WebP.")
	case brand != "":
		return invalid("Videos are not supported. Upload it to a video service and link to it.")
	}
	return invalid("The file is not a JPEG, PNG, GIF or WebP picture, nor a PDF. Save it as one of these.")
}

// Info is what a picture's file says about it, apart from its pixels.
type Info struct {
	Format Format
	// Width and Height are the size of the stored picture, in pixels: before it is turned upright.
	Width, Height int
	// Frames is the number of frames. More than one: the picture is animated.
	Frames int
	// orientation is how the picture has to be turned.
	orientation orientation
	// profile is the ICC profile. nil: none, or one that is larger than maxProfileBytes.
	profile []byte
	// largeProfile says that the profile is larger than that.
	largeProfile bool
	// opaqueFormat says that the picture is only kept as it is, because it cannot be decoded in bounded memory.
	opaqueFormat bool
	// kind is the kind of file in sentences, such as "progressive JPEG".
	kind string
	// planes and decoding are the memory of the decoded picture, and what decoding takes including it, in bytes.
	planes, decoding int64
}

// Output receives a picture without its metadata. WriteAt overwrites bytes that were written, of the first 32.
type Output interface {
	io.Writer
	io.WriterAt
}

// Clean copies a picture from src to dst without metadata, and returns what the file says. The pixels stay as they are; the
// color profile is kept. It reads no further than the end of the picture.
//
// Errors: *InvalidError if the picture is damaged or too large to be decoded, and those of src and dst.
func Clean(dst Output, src io.Reader, format Format) (Info, error) {
	s := newStream(dst, src)
	info := Info{Format: format, Frames: 1, orientation: upright}
	switch format {
	case JPEG:
		cleanJPEG(s, &info)
	case PNG:
		cleanPNG(s, &info)
	case GIF:
		cleanGIF(s, &info)
	case WebP:
		cleanWebP(s, dst, &info)
	}
	if s.err != nil {
		return Info{}, s.err
	}
	if info.opaqueFormat || info.Animated() { // never decoded, and so never turned
		info.orientation = upright
	}
	return info, nil
}

// Turn says how the picture is turned for readers. Pictures with the same pixels can differ in it. 0: not at all.
func (i Info) Turn() byte { return byte(i.orientation - upright) }

// Animated reports whether the picture has several frames.
func (i Info) Animated() bool { return i.Frames > 1 }

// UprightSize returns the size of the picture as readers see it.
func (i Info) UprightSize() (width, height int) {
	if i.orientation.transposes() {
		return i.Height, i.Width
	}
	return i.Width, i.Height
}
