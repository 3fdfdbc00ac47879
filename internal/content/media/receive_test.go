package media_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// photo returns a JPEG file that is turned, with a secret in its metadata.
func photo(t testing.TB, width, height int, seed uint64) []byte {
	t.Helper()
	img, random := image.NewRGBA(image.Rect(0, 0, width, height)), rand.New(rand.NewPCG(seed, 1))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, color.RGBA{R: byte(random.Uint32()), G: byte(x), B: byte(y), A: 255})
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, nil); err != nil {
		t.Fatal(err)
	}
	const exif = "\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
	return append([]byte("\xff\xd8"+exif+"\xff\xfe\x00\x08SECRET"), file.Bytes()[2:]...)
}

// document returns a PDF file of n bytes.
func document(n int) []byte {
	random := rand.NewChaCha8([32]byte{byte(n)})
	file := make([]byte, n)
	_, _ = random.Read(file)
	copy(file, "%PDF-1.7\n")
	return file
}

// Two photos that differ only in how the camera was held are two files.
func TestTurnedPhotoIsAnotherFile(t *testing.T) {
	t.Parallel()
	_, store := newBlog(t)
	turned := photo(t, 60, 40, 1)
	upright := append([]byte("\xff\xd8"), turned[2+36+10:]...)
	first, second := receive(t, store, "a.jpg", upright), receive(t, store, "b.jpg", turned)
	if first.ID == second.ID || first.Width != 60 || second.Width != 40 {
		t.Errorf("the upright photo is %+v, the turned one %+v", first, second)
	}
	if again := receive(t, store, "c.jpg", turned); again.ID != second.ID {
		t.Errorf("the same photo is stored twice: %+v", again)
	}
}

func receive(t testing.TB, store media.Store, name string, file []byte) media.File {
	t.Helper()
	stored, err := media.NewReceiver().Receive(t.Context(), store, upload(name, file))
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func upload(name string, file []byte) media.Upload {
	return media.Upload{TenantID: 1, Name: name, Size: int64(len(file)), Body: bytes.NewReader(file), Now: func() time.Time { return now }}
}

func read(t testing.TB, store media.Store, id string, width int) []byte {
	t.Helper()
	content, err := store.Open(t.Context(), id, width)
	if err != nil {
		t.Fatal(err)
	}
	file, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(file)) != content.Size {
		t.Errorf("read %d bytes of %d", len(file), content.Size)
	}
	return file
}

// count returns the number of rows of both tables.
func count(t testing.TB, pool *pgxpool.Pool) (files, chunks int) {
	t.Helper()
	err := pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM "order".media), (SELECT count(*) FROM "order".media_chunks)`).Scan(&files, &chunks)
	if err != nil {
		t.Fatal(err)
	}
	return files, chunks
}

func TestReceivePicture(t *testing.T) {
	t.Parallel()
	_, store := newBlog(t)
	file := receive(t, store, `C:\Photos\Hafen <Kiel>.JPEG`, photo(t, 300, 1500, 1))
	want := media.File{
		ID: file.ID, Name: "Hafen Kiel.JPEG", Type: "image/jpeg", Size: file.Size, Width: 1500, Height: 300, CreatedAt: now, Hash: file.Hash,
		Variants: []media.Variant{{Type: "image/jpeg", Width: 960, Height: 192}, {Type: "image/jpeg", Width: 480, Height: 96}},
	}
	if diff := cmp.Diff(want, file, cmpopts.IgnoreFields(media.Variant{}, "Size")); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
	content := read(t, store, file.ID, media.Original)
	config, _, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil || config.Width != 1500 || bytes.Contains(content, []byte("SECRET")) || bytes.Contains(content, []byte("Exif")) {
		t.Errorf("the picture has a width of %d pixels, or metadata: %v", config.Width, err)
	}
	config, _, err = image.DecodeConfig(bytes.NewReader(read(t, store, file.ID, 480)))
	if err != nil || config.Width != 480 || config.Height != 96 {
		t.Errorf("the variant: %+v, %v", config, err)
	}
	for _, width := range []int{-1, 1600} {
		if _, err := store.Open(t.Context(), file.ID, width); !errors.Is(err, media.ErrNotFound) {
			t.Errorf("a width of %d pixels: %v", width, err)
		}
	}
	usage, err := store.Usage(t.Context())
	if err != nil || usage != (media.Usage{Files: 1, Bytes: file.StoredBytes()}) {
		t.Errorf("%+v is used, want %d bytes; %v", usage, file.StoredBytes(), err)
	}
	if set := file.SourceSet(); set != "/media/"+file.ID+"-480.jpg 480w, /media/"+file.ID+"-960.jpg 960w, /media/"+file.ID+".jpg 1500w" {
		t.Errorf("srcset: %s", set)
	}
	stored, err := store.Find(t.Context(), []string{file.ID, "other"})
	if diff := cmp.Diff([]media.File{file}, stored, cmpopts.EquateApproxTime(0)); err != nil || diff != "" {
		t.Errorf("Find: %v\n%s", err, diff)
	}
}

// The same file again, as after a lost response, is the same upload; also at the same time.
func TestReceiveTwice(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	first := receive(t, store, "a.jpg", photo(t, 50, 60, 1))
	if again := receive(t, store, "b.jpg", photo(t, 50, 60, 1)); again.ID != first.ID || again.Name != "a.jpg" {
		t.Errorf("it was stored twice: %+v", again)
	}
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		ids   = map[string]bool{}
		file  = document(600_000)
	)
	receiver := media.NewReceiver()
	for range 4 {
		group.Go(func() {
			stored, err := receiver.Receive(context.Background(), store, upload("c.pdf", file))
			if err != nil {
				t.Errorf("Receive: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[stored.ID] = true
		})
	}
	group.Wait()
	if files, chunks := count(t, pool); len(ids) != 1 || files != 2 || chunks != 1+3 {
		t.Errorf("%d addresses, %d files, %d chunks", len(ids), files, chunks)
	}
}

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	picture := photo(t, 60, 50, 1)
	unknown := func(u media.Upload) media.Upload {
		u.Size = -1
		return u
	}
	limited := func(u media.Upload, file int64, storage, other int64) media.Upload {
		u.Limits = media.Limits{MaxFileBytes: file, MaxStorageBytes: &storage, OtherBytes: func(context.Context, postgres.Querier) (int64, error) { return other, nil }}
		return u
	}
	tests := map[string]struct {
		upload media.Upload
		want   string
	}{
		"SVG":                            {upload("a.png", []byte("<svg/>")), "a.png was not uploaded. SVG pictures can contain programs. Save it as PNG."},
		"a page":                         {upload("a.jpg", []byte("<!doctype html><script>")), "a.jpg was not uploaded. The file is not a JPEG, PNG, GIF or WebP picture, nor a PDF. Save it as one of these."},
		"nothing":                        {upload("a.jpg", nil), "a.jpg was not uploaded. The file is empty."},
		"a damaged picture":              {upload("a.jpg", picture[:len(picture)-500]), "a.jpg was not uploaded. The picture is damaged or incomplete. Open it in an image editor and save it again."},
		"a picture that cannot be read":  {upload("a.jpg", append(bytes.Clone(picture[:700]), 0xff, 0xd9)), "a.jpg was not uploaded. The picture is damaged or incomplete. Open it in an image editor and save it again."},
		"a large file":                   {upload("harbour.jpg", document(23_000_000)), "harbour.jpg was not uploaded: 23 MB, at most 20 MB. Make it smaller."},
		"a large file, unannounced":      {limited(unknown(upload("a.pdf", document(300_001))), 300_000, 1<<40, 0), "a.pdf was not uploaded: it has more than 300 kB. Make it smaller."},
		"a large picture, by its end":    {limited(unknown(upload("a.jpg", append(bytes.Clone(picture), make([]byte, 300_000)...))), 300_000, 1<<40, 0), "a.jpg was not uploaded: it has more than 300 kB. Make it smaller."},
		"no room":                        {limited(upload("a.pdf", document(2000)), 0, 10_000, 8766), "a.pdf was not uploaded: it needs 2 kB, and 1,234 bytes of 10 kB are left. Delete uploads or posts, or contact support for a higher limit."},
		"no room, unannounced":           {limited(unknown(upload("a.pdf", document(2000))), 0, 10_000, 8766), "a.pdf was not uploaded: it needs 2 kB, and 1,234 bytes of 10 kB are left. Delete uploads or posts, or contact support for a higher limit."},
		"no room at all":                 {limited(unknown(upload("a.pdf", document(2000))), 0, 10_000, 20_000), "a.pdf was not uploaded: there is no room, and 0 bytes of 10 kB are left. Delete uploads or posts, or contact support for a higher limit."},
		"a description that is too long": {media.Upload{Name: "a.jpg", Alt: strings.Repeat("ä", 1001), Body: bytes.NewReader(picture)}, "The description of the picture has 1001 characters; it can have at most 1000. Shorten it."},
	}
	for name, test := range tests {
		_, err := media.NewReceiver().Receive(t.Context(), store, test.upload)
		if err == nil || sentence(err) != test.want {
			t.Errorf("%s: %v\nwant %s", name, err, test.want)
		}
		if files, chunks := count(t, pool); files+chunks > 0 {
			t.Errorf("%s: %d files and %d chunks are left", name, files, chunks)
		}
	}
}

// The rest of a file that is refused is read, so that the client reads why.
func TestReceiveReadsWhatItRefuses(t *testing.T) {
	t.Parallel()
	_, store := newBlog(t)
	for name, file := range map[string][]byte{
		"at once": append([]byte("<svg>"), make([]byte, 500_000)...), "later": append(photo(t, 60, 50, 1)[:700], append([]byte{0xff, 0xc9}, make([]byte, 500_000)...)...),
	} {
		body := bytes.NewReader(file)
		_, err := media.NewReceiver().Receive(t.Context(), store, media.Upload{Name: "a", Size: -1, Body: body})
		if _, refused := errors.AsType[*media.RefusedError](err); !refused || body.Len() > 0 {
			t.Errorf("refused %s: %d bytes are left, %v", name, body.Len(), err)
		}
	}
}

// sentence returns what an author is shown.
func sentence(err error) string {
	var (
		invalid *media.InvalidError
		refused *media.RefusedError
		large   *media.TooLargeError
		full    *media.QuotaError
	)
	switch {
	case errors.As(err, &invalid):
		return invalid.Error()
	case errors.As(err, &refused):
		return refused.Error()
	case errors.As(err, &large):
		return large.Error()
	case errors.As(err, &full):
		return full.Error()
	}
	return err.Error()
}

// An upload that breaks off leaves nothing, wherever it breaks off.
func TestReceiveOfUploadsThatBreakOff(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	for name, file := range map[string][]byte{"a.pdf": document(700_000), "a.jpg": photo(t, 600, 500, 1)} {
		for _, n := range []int{0, 10, 600, 60_000, len(file) * 9 / 10, len(file)} {
			broken := upload(name, file)
			broken.Body = io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(io.ErrUnexpectedEOF))
			if _, err := media.NewReceiver().Receive(t.Context(), store, broken); !errors.Is(err, media.ErrBroken) || postgres.Unavailable(err) {
				t.Errorf("%s after %d bytes: %v", name, n, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			broken = upload(name, file)
			broken.Body = io.MultiReader(bytes.NewReader(file[:n]), canceler{cancel}, bytes.NewReader(file[n:]))
			if _, err := media.NewReceiver().Receive(ctx, store, broken); !errors.Is(err, context.Canceled) {
				t.Errorf("%s of a client that disconnects after %d bytes: %v", name, n, err)
			}
		}
	}
	if files, chunks := count(t, pool); files+chunks > 0 {
		t.Errorf("%d files and %d chunks are left", files, chunks)
	}
}

// canceler cancels a context when it is read.
type canceler struct{ cancel context.CancelFunc }

func (c canceler) Read([]byte) (int, error) {
	c.cancel()
	return 0, io.EOF
}

// Uploads that run at the same time cannot exceed the storage limit together.
func TestReceiveWithinTheLimit(t *testing.T) {
	t.Parallel()
	_, store := newBlog(t)
	const limit = int64(250_000)
	receiver := media.NewReceiver()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			file := upload("a.pdf", document(100_000+i))
			if i%2 == 0 {
				file.Size = -1
			}
			file.Limits.MaxStorageBytes = new(limit)
			_, err := receiver.Receive(context.Background(), store, file)
			if _, full := errors.AsType[*media.QuotaError](err); err != nil && !full {
				t.Errorf("Receive: %v", err)
			}
		})
	}
	group.Wait()
	if usage, err := store.Usage(t.Context()); err != nil || usage.Bytes > limit || usage.Files == 0 {
		t.Errorf("%+v is used of %d bytes: %v", usage, limit, err)
	}
}
