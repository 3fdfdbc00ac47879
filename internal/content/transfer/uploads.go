package transfer

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
)

// UploadsFile lists the uploads of an archive, which are in the folder media: by their addresses, so that posts show them when
// the archive is unpacked, and every system can write the names.
const UploadsFile = "media.json"

// Uploads are the uploads of a blog: a media.Store.
type Uploads interface {
	List(ctx context.Context, limit, offset int) ([]media.File, error)
	ListAfter(ctx context.Context, afterID string, limit int) ([]media.File, error)
	Open(ctx context.Context, id string, width int) (media.Content, error)
}

// Upload is an upload in an archive.
type Upload struct {
	// ID is the one that it had in the blog, and that the addresses in posts have.
	ID string `json:"id"`
	// File is its name in the archive.
	File string `json:"file"`
	// Name, Type, Alt and CreatedAt are those of media.File.
	Name      string    `json:"name"`
	Type      string    `json:"type"`
	Alt       string    `json:"alt"`
	CreatedAt time.Time `json:"created_at"`
}

// uploadBatch is how many uploads are listed at a time.
const uploadBatch = 100

// maxUploadsFile is how much of UploadsFile is read: more than a blog has.
const maxUploadsFile = 64 << 20

// addUploads adds the original files. It calls next before each chunk.
func (e *Export) addUploads(ctx context.Context, archive *zip.Writer, next func() error) error {
	newest, err := e.uploads.List(ctx, 1, 0)
	if err != nil || len(newest) == 0 {
		return err
	}
	if err := e.listUploads(ctx, archive, newest[0].CreatedAt, next); err != nil {
		return err
	}
	buffer := make([]byte, 32<<10)
	return e.eachUpload(ctx, func(file media.File) error {
		content, err := e.uploads.Open(ctx, file.ID, media.Original)
		switch {
		case errors.Is(err, media.ErrNotFound): // it was just deleted
			return nil
		case err != nil:
			return err
		}
		name := uploadName(file)
		// Pictures are compressed already.
		to, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: file.CreatedAt.UTC()})
		for n := int64(-1); err == nil && n != 0; {
			if err = next(); err == nil {
				n, err = io.CopyBuffer(to, io.LimitReader(content, media.ChunkBytes), buffer)
			}
		}
		if err != nil {
			return fmt.Errorf("add %s to the archive: %w", name, err)
		}
		return nil
	})
}

// listUploads adds UploadsFile, an array with a line for each upload, with the time of the newest. One that is deleted meanwhile is
// in it, but not in the archive.
func (e *Export) listUploads(ctx context.Context, archive *zip.Writer, modified time.Time, next func() error) error {
	file, err := archive.CreateHeader(&zip.FileHeader{Name: UploadsFile, Method: zip.Deflate, Modified: modified.UTC()})
	if err != nil {
		return fmt.Errorf("add %s to the archive: %w", UploadsFile, err)
	}
	separator := "[\n"
	err = e.eachUpload(ctx, func(listed media.File) error {
		line, err := json.Marshal(Upload{listed.ID, uploadName(listed), listed.Name, listed.Type, listed.Alt, listed.CreatedAt.UTC()})
		if err == nil {
			err = next()
		}
		if err == nil {
			_, err = io.WriteString(file, separator+string(line))
		}
		separator = ",\n"
		return err
	})
	if err == nil {
		_, err = io.WriteString(file, "\n]\n")
	}
	if err != nil {
		return fmt.Errorf("list the uploads in the archive: %w", err)
	}
	return nil
}

// eachUpload calls work with each upload, by ID.
func (e *Export) eachUpload(ctx context.Context, work func(media.File) error) error {
	for after := ""; ; {
		files, err := e.uploads.ListAfter(ctx, after, uploadBatch)
		if err != nil || len(files) == 0 {
			return err
		}
		for _, file := range files {
			if err := work(file); err != nil {
				return err
			}
			after = file.ID
		}
	}
}

func uploadName(file media.File) string {
	return strings.TrimPrefix(file.Path(media.Original), "/")
}

// ReadUploads calls receive with each upload of an archive, and its content. An archive without uploads has none.
func ReadUploads(archive *zip.Reader, receive func(u Upload, content io.Reader) error) error {
	file, err := archive.Open(UploadsFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("open %s: %w", UploadsFile, err)
	}
	defer file.Close()
	list := json.NewDecoder(io.LimitReader(file, maxUploadsFile))
	if _, err := list.Token(); err != nil { // the bracket
		return fmt.Errorf("read %s: %w", UploadsFile, err)
	}
	for list.More() {
		var u Upload
		if err := list.Decode(&u); err != nil {
			return fmt.Errorf("read %s: %w", UploadsFile, err)
		}
		if err := readUpload(archive, u, receive); err != nil {
			return err
		}
	}
	return nil
}

func readUpload(archive *zip.Reader, u Upload, receive func(Upload, io.Reader) error) error {
	content, err := archive.Open(u.File)
	switch {
	case errors.Is(err, fs.ErrNotExist): // it was deleted during the export
		return nil
	case err != nil:
		return fmt.Errorf("open %q: %w", u.File, err)
	}
	defer content.Close()
	return receive(u, content)
}

// uploadAddress matches the part of an address that identifies an upload.
var uploadAddress = regexp.MustCompile(regexp.QuoteMeta(media.PathPrefix) + `[a-z2-7]{26}\b`)

// MoveUploads returns a document of an archive with the addresses that its uploads have in another blog. moved are their IDs
// there, by their IDs in the archive; other addresses stay as they are.
func MoveUploads(d post.Document, moved map[string]string) post.Document {
	for _, text := range []*string{&d.Content, &d.Cover, &d.Link} {
		*text = moveAddresses(*text, moved)
	}
	return d
}

func moveAddresses(text string, moved map[string]string) string {
	return uploadAddress.ReplaceAllStringFunc(text, func(address string) string {
		if id, ok := moved[strings.TrimPrefix(address, media.PathPrefix)]; ok {
			return media.PathPrefix + id
		}
		return address
	})
}
