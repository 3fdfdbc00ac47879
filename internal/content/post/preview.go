package post

import (
	"context"
	"fmt"

	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Preview is a document as readers would see it.
type Preview struct{ rendered rendered }

// HTML is the content: sanitized, so that a page can include it as it is.
func (p *Preview) HTML() string { return p.rendered.HTML }

// Link is what a link post is about: its field, or the link that the content starts with. Empty: it is no link post.
func (p *Preview) Link() string { return p.rendered.Link }

// Direction is that of the text, as a value of HTML's attribute dir.
func (p *Preview) Direction() string { return p.rendered.Direction }

// Notes tell the author what readers would see otherwise than it was written.
func (p *Preview) Notes() []render.Note { return p.rendered.Notes }

// Warnings tell the author what may be missing.
func (p *Preview) Warnings() []render.Note { return p.rendered.Warnings }

// RenderPreview renders the content of a document as Prepare does, without checking the document. It returns *InvalidError if the
// content is beyond the limits of package render.
func RenderPreview(d Document, smartPunctuation bool) (p Preview, err error) {
	d.Normalize()
	p.rendered, _, err = renderDocument(&d, smartPunctuation)
	return p, err
}

// ShowPictures completes the images of a preview that are uploads of the blog, and notes uploads that do not exist, as Write does.
func (s Store) ShowPictures(ctx context.Context, db postgres.Querier, p *Preview) error {
	if err := s.showPictures(ctx, db, &p.rendered); err != nil {
		return fmt.Errorf("show the pictures of a preview: %w", err)
	}
	return nil
}
