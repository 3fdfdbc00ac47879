package post

import "slices"

// Change is what an author does with posts in a list, without opening them.
type Change struct {
	// Publish shows readers the post as it was last written, from its date on, and Unpublish makes it a draft.
	Publish, Unpublish bool
	// Tags are added. A post with changes that readers do not see yet gets them among those.
	Tags []string
}

// Apply returns the request that saves a stored post with the change. The version that its author has seen is the base of r, whose
// document is ignored.
func (c Change) Apply(stored *Source, r SaveRequest) SaveRequest {
	r.Document, r.Overwrite = stored.Latest(), false
	r.Unpublished = stored.Pending != nil && !c.Publish && !c.Unpublish
	switch {
	case c.Publish:
		r.Document.Draft = false
	case c.Unpublish:
		r.Document.Draft = true
	}
	r.Document.Tags = slices.Concat(r.Document.Tags, c.Tags)
	return r
}
