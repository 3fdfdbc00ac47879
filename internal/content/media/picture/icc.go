package picture

import (
	"bytes"
	"compress/zlib"
	"io"
)

// iccSegments are the parts of a color profile in a JPEG file.
type iccSegments struct {
	parts map[byte][]byte
	total byte
	bytes int
}

func (i *iccSegments) add(number, total byte, part []byte) {
	if i.parts == nil {
		i.parts = map[byte][]byte{}
	}
	i.total = total
	i.bytes += len(part)
	if i.bytes <= maxProfileBytes {
		i.parts[number] = bytes.Clone(part)
	}
}

// join returns the profile, or whether it is larger than maxProfileBytes. A profile that is incomplete counts as none:
// browsers ignore it.
func (i *iccSegments) join() (profile []byte, large bool) {
	if i.bytes > maxProfileBytes {
		return nil, true
	}
	for number := range int(i.total) {
		part, ok := i.parts[byte(number+1)]
		if !ok {
			return nil, false
		}
		profile = append(profile, part...)
	}
	return profile, false
}

// unpackProfile returns the color profile from the chunk iCCP of a PNG file, or whether it is larger than maxProfileBytes.
func unpackProfile(chunk []byte) (profile []byte, large bool) {
	_, packed, ok := bytes.Cut(chunk, []byte{0})
	if !ok || len(packed) < 1 || packed[0] != 0 { // the compression method
		return nil, false
	}
	reader, err := zlib.NewReader(bytes.NewReader(packed[1:]))
	if err != nil {
		return nil, false
	}
	profile, err = io.ReadAll(io.LimitReader(reader, maxProfileBytes+1))
	if len(profile) > maxProfileBytes {
		return nil, true
	}
	if err != nil {
		return nil, false
	}
	return profile, false
}

// profileFits reports whether variants can have the profile of the picture: not if it was too large, or is for other colors
// than a variant has, such as CMYK (ICC.1:2022, section 7.2.6).
func (i Info) profileFits(gray bool) bool {
	if i.largeProfile {
		return false
	}
	if i.profile == nil {
		return true
	}
	want := "RGB "
	if gray {
		want = "GRAY"
	}
	return len(i.profile) >= 128 && string(i.profile[16:20]) == want
}
