package feed

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
)

// The objects of a JSON Feed (https://www.jsonfeed.org/version/1.1/).
type (
	jsonFeed struct {
		Version     string       `json:"version"`
		Title       string       `json:"title"`
		Home        string       `json:"home_page_url"`
		Self        string       `json:"feed_url"`
		Description string       `json:"description,omitempty"`
		Language    string       `json:"language,omitempty"`
		Authors     []jsonAuthor `json:"authors"`
		Items       []jsonItem   `json:"items"`
	}
	jsonAuthor struct {
		Name string `json:"name"`
	}
	jsonItem struct {
		ID        string       `json:"id"`
		Address   string       `json:"url"`
		Link      string       `json:"external_url,omitempty"`
		Title     string       `json:"title"`
		HTML      string       `json:"content_html,omitempty"`
		Text      string       `json:"content_text,omitempty"`
		Summary   string       `json:"summary,omitempty"`
		Image     string       `json:"image,omitempty"`
		Published string       `json:"date_published"`
		Updated   string       `json:"date_modified"`
		Authors   []jsonAuthor `json:"authors,omitempty"`
		Tags      []string     `json:"tags,omitempty"`
		Language  string       `json:"language,omitempty"`
	}
)

func encodeJSON(f *Feed) ([]byte, error) {
	feed := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: f.Title, Home: f.Home, Self: f.Self, Description: f.Description, Language: f.Language,
		Authors: []jsonAuthor{{f.Author}}, Items: []jsonItem{}, // which is not null
	}
	for i := range f.Entries {
		e := &f.Entries[i]
		item := jsonItem{
			ID: e.ID, Address: e.Address, Link: e.Link, Title: e.Title, Summary: e.Summary, Image: e.Image, Published: atomTime(e.Published),
			Updated: atomTime(e.Updated), Tags: e.Tags, Language: e.Language,
		}
		if e.Whole {
			item.HTML = absoluteHTML(e.HTML, e.Address)
		}
		if item.HTML == "" {
			item.Text = cmp.Or(e.Summary, e.Title) // an item has a content
		}
		if e.Author != "" {
			item.Authors = []jsonAuthor{{e.Author}}
		}
		feed.Items = append(feed.Items, item)
	}
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(feed); err != nil {
		return nil, fmt.Errorf("encode a feed: %w", err)
	}
	return encoded.Bytes(), nil
}
