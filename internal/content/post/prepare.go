package post

import (
	"cmp"
	"errors"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/language"
	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/render"
)

// Prepared is a post that is ready to be written.
type Prepared struct {
	request  SaveRequest
	rendered rendered
	// timed says that the slug was derived from the time of the request.
	timed bool
}

// rendered is what is stored of a rendered document, so that nothing is rendered when it is read.
type rendered struct {
	HTML      string        `json:"html"`
	Summary   string        `json:"summary"`
	Link      string        `json:"link,omitempty"`
	Language  string        `json:"language,omitempty"`
	Direction string        `json:"direction"`
	Notes     []render.Note `json:"-"`
	Warnings  []render.Note `json:"-"`

	uploads []render.Upload
}

// Prepare checks and renders a post, which takes processor time but no connection. It returns *InvalidError if the document
// is invalid.
func Prepare(r SaveRequest) (Prepared, error) {
	r.Document.Normalize()
	hidden := r.Document.Draft || r.Unpublished
	if err := r.Document.check(hidden); err != nil {
		return Prepared{}, err
	}
	timed := false
	if r.Document.Slug == "" {
		timed = r.Document.Date.IsZero()
		r.Document.Slug = r.noteSlug()
	}
	if timed {
		r.Numbered, r.Overwrite = true, false // another post of the same minute is another post
	}
	if r.Overwrite {
		r.Base = Version{}
	}
	result, visible, err := renderDocument(&r.Document, r.SmartPunctuation)
	if err == nil && !hidden && !visible {
		err = errEmpty()
	}
	return Prepared{r, result, timed}, err
}

// noteSlug derives the slug of a post without a title from its date, in the time zone of the blog.
func (r *SaveRequest) noteSlug() string {
	date, zone := r.Document.Date, r.Zone
	if date.IsZero() {
		date = r.Now
	}
	if zone == nil {
		zone = time.UTC
	}
	return NoteSlug(date.In(zone))
}

// renderDocument renders the content of a document, and finds what the author does not say. It reports whether readers would see
// something, and returns *InvalidError if the content is beyond the limits of package render.
func renderDocument(d *Document, smart bool) (html rendered, visible bool, err error) {
	options := render.Options{SmartPunctuation: smart, Language: d.Language, Uploads: media.PathPrefix}
	if smart {
		options.Language = d.FindLanguage().Tag
	}
	result, err := renderContent(d.Content, options)
	if err != nil {
		return rendered{}, false, err
	}
	written := language.Of(d.Language)
	direction := written.Direction()
	if d.Language == "" {
		written = language.Guess(d.Title + " " + result.Summary)
		direction = language.Within(result.Summary, written.Direction()) // the text says more than the title
	}
	return rendered{
		HTML: result.HTML, Summary: cmp.Or(d.Excerpt, result.Summary), Link: cmp.Or(d.Link, result.Link),
		Language: written.Tag, Direction: direction, Notes: result.Notes, Warnings: result.Warnings,
		uploads: result.Uploads,
	}, d.Title != "" || result.Visible, nil
}

// guessedBytes is how much of the content tells its language before it is rendered.
const guessedBytes = 4 << 10

// FindLanguage returns the language of a document that is not rendered: the one that its author says, or that of the script.
func (d *Document) FindLanguage() language.Language {
	if d.Language != "" {
		return language.Of(d.Language)
	}
	return language.Guess(d.Title + " " + d.Content[:min(len(d.Content), guessedBytes)])
}

// renderContent renders the content of a post. It returns *InvalidError if the content is beyond the limits of package render.
func renderContent(markdown string, o render.Options) (render.Result, error) {
	result, err := render.Markdown(markdown, o)
	switch {
	case errors.Is(err, render.ErrTooLarge):
		return render.Result{}, invalid("content", "The content becomes more than %d MB of HTML. Split it into two posts.", render.MaxHTMLBytes>>20)
	case err != nil:
		return render.Result{}, invalid("content", "The content has too much markup, such as very large tables or lists. Split it into two posts.")
	}
	return result, nil
}
