package post

import (
	"context"
	"slices"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// maxMissing is how many uploads that do not exist are noted.
const maxMissing = 20

// showPictures completes the images of a rendered post that are uploads of the blog, and notes uploads that do not exist. It
// runs before the transaction, so that no lock waits for it, and reads nothing for a post without uploads.
func (s Store) showPictures(ctx context.Context, db postgres.Querier, html *rendered) error {
	ids := uploadIDs(html.uploads)
	files := make(map[string]media.File, len(ids))
	if len(ids) > 0 {
		found, err := media.Find(ctx, db, s.schema, ids)
		if err != nil {
			return err
		}
		for _, file := range found {
			files[file.ID] = file
		}
	}
	html.Notes = slices.Concat(html.Notes, missingUploads(html.uploads, files))
	slices.SortStableFunc(html.Notes, func(a, b render.Note) int { return a.Line - b.Line })
	if len(files) > 0 {
		html.HTML = render.ShowPictures(html.HTML, func(address string) (render.Picture, bool) { return pictureAt(address, files) })
	}
	return nil
}

// FindPicture returns the picture at an address, as a page shows it. The zero value: it is no upload of the blog.
func (s Store) FindPicture(ctx context.Context, db postgres.Querier, address string) (render.Picture, error) {
	id, _, ok := media.ParsePath(address)
	if !ok {
		return render.Picture{}, nil
	}
	found, err := media.Find(ctx, db, s.schema, []string{id})
	if err != nil || len(found) == 0 {
		return render.Picture{}, err
	}
	picture, _ := pictureAt(address, map[string]media.File{id: found[0]})
	return picture, nil
}

// uploadIDs returns the IDs in the addresses of uploads, each once and at most as many as one statement finds.
func uploadIDs(uploads []render.Upload) []string {
	var ids []string
	for _, upload := range uploads {
		id, _, ok := media.ParsePath(upload.Address)
		if ok && !slices.Contains(ids, id) && len(ids) < media.MaxFound {
			ids = append(ids, id)
		}
	}
	return ids
}

// missingUploads notes what readers cannot load.
func missingUploads(uploads []render.Upload, files map[string]media.File) (notes []render.Note) {
	for _, upload := range uploads {
		sentence := ""
		id, width, _ := media.ParsePath(upload.Address)
		switch seen, _, ok := files[id].SizeOf(width); {
		case files[id].ID == "" || !ok:
			sentence = "There is no upload " + upload.Address + ". Upload the file again, or remove its address."
		case upload.Image && seen == 0:
			sentence = "Readers do not see the upload " + upload.Address + ", because it is not a picture. Link to it instead."
		}
		if sentence != "" && len(notes) < maxMissing {
			notes = append(notes, render.Note{Line: upload.Line, Sentence: sentence})
		}
	}
	return notes
}

// pictureAt returns the picture at an address. The address of a variant is that of one size: its author has chosen it.
func pictureAt(address string, files map[string]media.File) (render.Picture, bool) {
	id, variant, _ := media.ParsePath(address)
	file := files[id]
	width, height, ok := file.SizeOf(variant)
	if !ok || width == 0 {
		return render.Picture{}, false
	}
	picture := render.Picture{Width: width, Height: height}
	if variant == media.Original {
		picture.SourceSet = file.SourceSet()
	}
	return picture, true
}
