// Package theme has the looks that the owner of a blog chooses from. A theme is one folder: its description (theme.json), its style
// sheet (style.css), which follows the one that all themes share (base.css), and its fonts with their licences. docs/themes.md shows
// how to add one.
package theme

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Theme is a look of a blog.
type Theme struct {
	// Name identifies the theme in settings: the name of its folder.
	Name string `json:"-"`
	// Title is what writers see, and Purpose says in a few words what it is for.
	Title   string `json:"title"`
	Purpose string `json:"purpose"`
	// Index is the layout of the list of posts.
	Index Index `json:"index"`
	// Date is the layout (of package time) of the date of a post.
	Date string `json:"date"`
	// Accent is the name of the accent, unless the owner chooses another one.
	Accent string `json:"accent"`
	// Light and Dark are the palettes.
	Light Palette `json:"light"`
	Dark  Palette `json:"dark"`
	// Fonts are what the theme needs besides the fonts of the system.
	Fonts []Font `json:"fonts"`

	style string
}

// Index is a layout of the list of posts.
type Index string

// The layouts of the list of posts.
const (
	// Contents is a table of contents by year, under the latest post.
	Contents Index = "contents"
	// Dates is a line for each post: its date and its title.
	Dates Index = "dates"
	// Cards is a card for each post, with its picture and its excerpt.
	Cards Index = "cards"
	// Stream is a stream by day, with the whole text of notes and links.
	Stream Index = "stream"
	// Wall is a wall of pictures.
	Wall Index = "wall"
)

// isKnown reports whether pages have the layout.
func (i Index) isKnown() bool {
	return i == Contents || i == Dates || i == Cards || i == Stream || i == Wall
}

// Palette are the colours of a theme, as CSS writes them. Quiet is for what matters less than the text, and Raised for what stands out.
type Palette struct {
	Paper  string `json:"paper"`
	Raised string `json:"raised"`
	Line   string `json:"line"`
	Ink    string `json:"ink"`
	Quiet  string `json:"quiet"`
}

// Font is a font of a theme. It has a file for each subset.
type Font struct {
	// Family is the name in the style sheet, and Weight the weight, or the range of weights.
	Family string `json:"family"`
	Weight string `json:"weight"`
	Italic bool   `json:"italic"`
	// File is the name of the file in the folder, with SUBSET in place of the name of the subset.
	File string `json:"file"`
	// Preload says that every page needs the font for its text, so that browsers load it before they have read the style sheet.
	Preload bool `json:"preload"`
}

// FileOf returns the name of the file of a subset.
func (f *Font) FileOf(subset Subset) string {
	return strings.Replace(f.File, "SUBSET", subset.Name, 1)
}

// Subset is the characters that are in one file of a font. Browsers load a file only for a page that has some of them.
type Subset struct {
	// Name is the name in those of files, and Range the unicode-range.
	Name, Range string
}

// Latin is the subset that a page in Latin-1 needs.
var Latin = Subset{"latin", "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD"}

// subsets are those of every font, in the order in which the style sheet has them.
var subsets = []Subset{
	{"latin-ext", "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF"},
	Latin,
}

// DefaultName is the theme of a blog whose owner has chosen none.
const DefaultName = "folio"

//go:embed base.css themes
var files embed.FS

// all are the themes by name, in the order of their names.
var all = func() []*Theme {
	themes, err := load(files)
	if err != nil {
		panic(err) // the program was built with an incomplete theme, which tests refuse
	}
	return themes
}()

// All returns the themes.
func All() []*Theme { return all }

// Known reports whether there is a theme of a name.
func Known(name string) bool {
	for _, t := range all {
		if t.Name == name {
			return true
		}
	}
	return false
}

// Find returns the theme of a name, or the default theme: a blog keeps the name of a theme that a later version no longer has.
func Find(name string) *Theme {
	var byDefault *Theme
	for _, t := range all {
		switch t.Name {
		case name:
			return t
		case DefaultName:
			byDefault = t
		}
	}
	return byDefault
}

// load reads the folders of themes.
func load(files fs.FS) ([]*Theme, error) {
	folders, err := fs.ReadDir(files, "themes")
	if err != nil {
		return nil, fmt.Errorf("list themes: %w", err)
	}
	var themes []*Theme
	for _, folder := range folders {
		t := &Theme{Name: folder.Name()}
		description, err := fs.ReadFile(files, t.path("theme.json"))
		if err != nil {
			return nil, fmt.Errorf("read theme: %w", err)
		}
		if err := json.Unmarshal(description, t); err != nil {
			return nil, fmt.Errorf("read the description of the theme %s: %w", t.Name, err)
		}
		style, err := fs.ReadFile(files, t.path("style.css"))
		if err != nil {
			return nil, fmt.Errorf("read theme: %w", err)
		}
		t.style = string(style)
		if !t.Index.isKnown() {
			return nil, fmt.Errorf("theme %s: there is no layout %q of the list of posts", t.Name, t.Index)
		}
		themes = append(themes, t)
	}
	return themes, nil
}

// path returns the path of a file of the theme.
func (t *Theme) path(name string) string { return path.Join("themes", t.Name, name) }
