package media

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media/picture"
	"github.com/echoblogs/echoblogs/internal/slots"
)

const (
	// pictureWait is how long a picture waits for those before it, and picturesWaiting how many of a blog, and of all, can
	// wait: each takes a few seconds.
	pictureWait          = time.Minute
	picturesWaiting      = 8
	picturesWaitingInAll = 32
	// renderTimeout bounds the work on one picture, most of which is the time of the database.
	renderTimeout = time.Minute
	// abortTimeout bounds the removal of an upload that failed.
	abortTimeout = 10 * time.Second
	// freeMemoryFrom is the size of pictures, in pixels, after which memory is returned to the system at once.
	freeMemoryFrom = 2_000_000
)

// ErrBusy is returned when too many pictures are waiting to be prepared.
var ErrBusy = slots.ErrBusy

// Receiver receives the uploads of all blogs of a process.
type Receiver struct {
	// pictures has one slot: decoding takes up to 96 MB.
	pictures *slots.Slots[int64]
}

// NewReceiver returns a Receiver. A process should have one.
func NewReceiver() *Receiver {
	return &Receiver{pictures: slots.New[int64](slots.Limits{Total: 1, PerUser: 1, Waiting: picturesWaiting, WaitingInAll: picturesWaitingInAll})}
}

// Upload is a file that a client sends.
type Upload struct {
	// TenantID is the blog's ID, among which the work on pictures is shared.
	TenantID int64
	// Name is the name of the file as the client sent it.
	Name string
	// Alt describes the picture. It can be set later.
	Alt string
	// Size is the size in bytes that the client announced. Negative: it is not known.
	Size int64
	// Body is the content. It is read up to its end, or up to the limit.
	Body io.Reader
	// Limits are those of the blog.
	Limits Limits
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Receive stores a file: the content while it arrives, without metadata, and then the variants of a picture. A file that the
// blog has already is not stored twice, so that a client can retry after a lost response. If anything fails, nothing is left,
// and if the process ends, a later upload or Sweep removes what was stored.
//
// Errors: *InvalidError, *RefusedError, *TooLargeError, *QuotaError, ErrBusy, ErrBroken, and those of the database.
func (r *Receiver) Receive(ctx context.Context, store Store, u Upload) (File, error) {
	ctx, cancel := context.WithTimeout(ctx, MaxAge)
	defer cancel()
	if u.Now == nil {
		u.Now = time.Now
	}
	u.Name = cleanName(u.Name)
	alt, err := cleanAlt(u.Alt)
	if err != nil {
		return File{}, err
	}
	u.Alt = alt
	if u.Size > u.Limits.maxFileBytes() {
		return File{}, &TooLargeError{Name: u.Name, Size: u.Size, Max: u.Limits.maxFileBytes()}
	}
	file, err := r.receive(ctx, store, u)
	if _, refused := errors.AsType[*RefusedError](err); refused {
		// A client that still sends would not read the answer.
		_, _ = io.Copy(io.Discard, io.LimitReader(u.Body, u.Limits.maxFileBytes()))
	}
	return file, err
}

func (r *Receiver) receive(ctx context.Context, store Store, u Upload) (File, error) {
	started, body, err := open(u)
	if err != nil {
		return File{}, explain(u.Name, err)
	}
	draft := Draft{ID: started.ID, Name: started.Name, Alt: u.Alt, Size: u.Size, Now: started.CreatedAt}
	if err := store.Begin(ctx, draft, u.Limits); err != nil {
		return File{}, fmt.Errorf("begin the upload of %s: %w", u.Name, err)
	}
	completed := false
	defer func() { // also after a panic
		if !completed {
			abort(ctx, store, started.ID)
		}
	}()
	file, err := r.store(ctx, store, u, started, body)
	if err != nil {
		return File{}, explain(u.Name, err)
	}
	completed = true
	return file, nil
}

// open reads the beginning of the body, and finds out what it is.
func open(u Upload) (File, io.Reader, error) {
	limited := &limitedReader{r: u.Body, left: u.Limits.maxFileBytes(), exceeded: &TooLargeError{Name: u.Name, Size: -1, Max: u.Limits.maxFileBytes()}}
	head := make([]byte, picture.HeadBytes)
	n, err := io.ReadFull(limited, head)
	if err != nil && !errors.Is(err, io.EOF) && (!errors.Is(err, io.ErrUnexpectedEOF) || limited.err != nil) {
		return File{}, nil, fmt.Errorf("read the upload: %w", err)
	}
	head = head[:n]
	file := File{ID: strings.ToLower(rand.Text()), Alt: u.Alt, Type: PDF, CreatedAt: u.Now()}
	if !bytes.HasPrefix(head, []byte("%PDF-")) { // ISO 32000-2, section 7.5.2
		format, err := picture.Detect(head)
		if err != nil {
			return File{}, nil, err
		}
		file.Type = string(format)
	}
	file.Name = nameFor(u.Name, file.Type)
	return file, io.MultiReader(bytes.NewReader(head), limited), nil
}

// store stores the content and the variants, and completes the file.
func (r *Receiver) store(ctx context.Context, store Store, u Upload, file File, body io.Reader) (File, error) {
	content := store.Write(ctx, file.ID, Original)
	info, err := writeContent(content, body, file.Type)
	if err != nil {
		return File{}, err
	}
	if err := content.Close(); err != nil {
		return File{}, err
	}
	file.Size, file.Hash = content.Size(), content.Hash()
	upright := false
	if file.Type != PDF {
		file.Width, file.Height = info.UprightSize()
		if turn := info.Turn(); turn != 0 {
			file.Hash = append(file.Hash, turn)
		}
		if upright, err = r.prepare(ctx, store, u.TenantID, &file, info); err != nil {
			return File{}, err
		}
	}
	file.Name = nameFor(file.Name, file.Type)
	return store.Complete(ctx, file, upright, u.Limits, u.Now())
}

// writeContent stores a document as it is, and a picture without metadata. It reads the body up to its end, as clients
// expect.
func writeContent(to Writer, body io.Reader, contentType string) (info picture.Info, err error) {
	if contentType == PDF {
		_, err = io.Copy(to, body)
		return info, err
	}
	if info, err = picture.Clean(to, body, picture.Format(contentType)); err != nil {
		return info, err
	}
	_, err = io.Copy(io.Discard, body)
	return info, err
}

// prepare renders the variants of a picture, and the picture itself if it has to be turned upright.
func (r *Receiver) prepare(ctx context.Context, store Store, tenantID int64, file *File, info picture.Info) (upright bool, err error) {
	waiting, cancel := context.WithTimeout(ctx, pictureWait)
	defer cancel()
	release, err := r.pictures.Acquire(waiting, tenantID)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return false, ErrBusy
	case err != nil:
		return false, err
	}
	defer release()
	if file.Width*file.Height >= freeMemoryFrom {
		defer debug.FreeOSMemory()
	}
	ctx, cancel = context.WithTimeout(ctx, renderTimeout)
	defer cancel()
	done, err := info.Render(store.Draft(ctx, file.ID, file.Size), file.Size, func(width int) picture.Target {
		if width == picture.UprightWidth {
			width = uprightDraft
		}
		return store.Write(ctx, file.ID, width)
	})
	if err != nil {
		return false, err
	}
	if done.Upright != nil {
		file.Type, file.Size = string(done.Upright.Format), done.Upright.Size
	}
	for _, v := range done.Variants {
		file.Variants = append(file.Variants, Variant{Type: string(v.Format), Width: v.Width, Height: v.Height, Size: v.Size})
	}
	return done.Upright != nil, nil
}

// abort removes an upload that failed, also when that is because ctx has ended. If it cannot, Sweep does later.
func abort(ctx context.Context, store Store, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	_ = store.Abort(ctx, id)
}

// explain adds the name of the file to what its author is shown.
func explain(name string, err error) error {
	if invalid, ok := errors.AsType[*picture.InvalidError](err); ok {
		return &RefusedError{Name: name, Sentence: invalid.Sentence}
	}
	return fmt.Errorf("upload %s: %w", name, err)
}

// limitedReader fails when there are more bytes than may be. It wraps errors of the client in ErrBroken, and hides what they
// are: an unexpected end would be taken for one of the database's connection.
type limitedReader struct {
	r        io.Reader
	left     int64
	exceeded error
	err      error // the first that is not io.EOF
}

func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %v", ErrBroken, err) //nolint:errorlint // what the client's error is stays hidden
		l.err = err
	}
	if l.left -= int64(n); l.left < 0 {
		err, l.err = l.exceeded, l.exceeded
	}
	return n, err
}
