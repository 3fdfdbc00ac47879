package media_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/media"
)

func TestPaths(t *testing.T) {
	t.Parallel()
	const id = "abcdefghijklmnopqrstuvwx27"
	file := media.File{ID: id, Type: "image/webp", Width: 4000, Variants: []media.Variant{{Type: "image/jpeg", Width: 2400}, {Type: "image/jpeg", Width: 480}}}
	for width, want := range map[int]string{media.Original: "/media/" + id + ".webp", 480: "/media/" + id + "-480.jpg"} {
		if got := file.Path(width); got != want {
			t.Errorf("%d: %s, want %s", width, got, want)
		}
		if gotID, gotWidth, ok := media.ParsePath(want); gotID != id || gotWidth != width || !ok {
			t.Errorf("%s is %s, %d, %t", want, gotID, gotWidth, ok)
		}
	}
	if got, want := file.SourceSet(), "/media/"+id+"-480.jpg 480w, /media/"+id+"-2400.jpg 2400w"; got != want {
		t.Errorf("srcset %s, want %s", got, want)
	}
	for _, other := range []string{
		"", "/", "/media/", "/media/" + id, "/media/" + id + ".", "/media/" + id + "-0.jpg", "/media/" + id + "-480", "/media/" + id + "--1.jpg",
		"/media/" + id + "-999999.jpg", "/media/x" + id + ".jpg", "/media/" + id + ".jpg/", "/media/../" + id + ".jpg", "/Media/" + id + ".jpg",
		"/media/" + id[1:] + "A.jpg",
	} {
		if _, _, ok := media.ParsePath(other); ok {
			t.Errorf("%q is taken for an address", other)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	_, store := newBlog(t)
	bytes := 100 // each name has another file
	for name, want := range map[string]string{
		"paper.pdf": "paper.pdf", "PAPER.PDF": "PAPER.PDF", "paper.html": "paper.html.pdf", "photo.jpg": "photo.pdf", "": "file.pdf", "..": "file.pdf",
		"../../etc/passwd": "passwd.pdf", `C:\x\y.pdf`: "y.pdf", "a\u202efdp.exe": "afdp.exe.pdf", " \x00 .pdf": "pdf.pdf",
		"bad\xffbytes.pdf": "badbytes.pdf", "Stra\u00dfe U\u0308.pdf": "Stra\u00dfe \u00dc.pdf",
	} {
		bytes++
		file := receive(t, store, name, document(bytes))
		if file.Name != want {
			t.Errorf("%q becomes %q, want %q", name, file.Name, want)
		}
	}
}
