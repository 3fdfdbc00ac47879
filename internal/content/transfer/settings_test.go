package transfer_test

import (
	"archive/zip"
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
)

// archiveOf returns an archive of files.
func archiveOf(t *testing.T, files map[string]string) *zip.Reader {
	t.Helper()
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	for name, content := range files {
		file, err := writer.Create(name)
		if err == nil {
			_, err = file.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	read, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// The settings of a blog are the same in another one, with the addresses that its uploads have there. A setting that is added fails
// this test until it is in the settings below.
func TestSettingsAreReadBack(t *testing.T) {
	t.Parallel()
	one, two, store := newBlog(t), newBlog(t), settings.NewStore("alice")
	if _, found, err := transfer.ReadSettings(exportArchive(t, one)); err != nil || found {
		t.Errorf("a blog without settings has some: %v", err)
	}
	portrait := receive(t, one, "me.jpg", "", photo)
	picture := portrait.Path(media.Original)
	want := settings.Settings{
		Theme: "strand", Accent: "teal", Tagline: "A \"tagline\" & <more> \U0001F600", Author: "Alice مرحبا", AuthorPicture: picture, About: "# Me\n\n![](" + picture + ")", Footer: "[me](" + picture + ")",
		Language: "pt-BR", TimeZone: "Europe/Berlin", PostsPerPage: 7, ReplyTo: "alice@example.org", ExcerptsInFeed: true,
		Navigation: []settings.NavigationLink{{Label: "A & b", Address: "/a/"}, {Label: "Me", Address: picture}}, RelMe: []string{"https://example.social/@me"},
		SmartPunctuation: true, TableOfContents: true, AICrawlers: true, Hidden: true,
	}
	for field, value := range reflect.ValueOf(want).Fields() {
		if value.IsZero() {
			t.Errorf("%s is not set", field.Name)
		}
	}
	if _, err := store.Save(t.Context(), one, settings.SaveRequest{Settings: want, Now: now}); err != nil {
		t.Fatal(err)
	}
	read, found, err := transfer.ReadSettings(exportArchive(t, one))
	if err != nil || !found {
		t.Fatalf("found %t, %v", found, err)
	}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("the settings (-want +got):\n%s", diff)
	}
	moved := receive(t, two, "me.jpg", "", photo)
	if _, err := store.Save(t.Context(), two, settings.SaveRequest{Settings: transfer.MoveSettings(read, map[string]string{portrait.ID: moved.ID}), Now: now}); err != nil {
		t.Fatal(err)
	}
	stored, err := store.Load(t.Context(), two)
	if err != nil {
		t.Fatal(err)
	}
	there := moved.Path(media.Original)
	want.AuthorPicture, want.About, want.Footer, want.Navigation[1].Address = there, "# Me\n\n![]("+there+")", "[me]("+there+")", there
	if diff := cmp.Diff(want, stored.Settings); diff != "" || picture == there {
		t.Errorf("the settings of the other blog (-want +got):\n%s", diff)
	}
	if read.Navigation[1].Address != picture {
		t.Error("the settings that were read have changed")
	}
}

func TestSettingsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"no JSON": "tagline: a", "cut off": `{"tagline": "a`, "another type": `{"tagline": 1}`, "too large": `{"about": "` + strings.Repeat("a", 1<<20) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, found, err := transfer.ReadSettings(archiveOf(t, map[string]string{"settings.json": content}))
			if err == nil || found || !strings.Contains(err.Error(), "read settings.json: ") {
				t.Errorf("found %t, %v", found, err)
			}
		})
	}
	read, found, err := transfer.ReadSettings(archiveOf(t, map[string]string{"settings.json": `{"tagline": "a", "of_a_later_version": true}`}))
	if err != nil || !found || read.Tagline != "a" {
		t.Errorf("the settings of a later version: %+v, %t, %v", read, found, err)
	}
}

// Slugs that systems which ignore case take for the same have different files, which are read back.
func TestNamesOfPosts(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t), post.NewStore("alice")
	slugs := []string{"aux", "com1", "λόγος", "λόγοσ", "straße", "strasse", "µm", "μm", "世界", strings.Repeat("界", post.MaxSlugLength/3)}
	for _, slug := range slugs {
		if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "T", Slug: slug, Content: slug}, Now: now}); err != nil {
			t.Fatal(err)
		}
	}
	var read []string
	folded := map[string]string{}
	for name, content := range export(t, pool) {
		for _, other := range []string{strings.ToUpper(name), strings.ToLower(strings.ToUpper(name)), strings.ReplaceAll(strings.ToLower(name), "ß", "ss")} {
			if folded[other] != "" && folded[other] != name {
				t.Errorf("%s and %s are the same file", name, folded[other])
			}
			folded[other] = name
		}
		document, err := transfer.Parse(content)
		if err != nil {
			t.Fatal(err)
		}
		if len(name) > 255 || strings.HasPrefix(name, "aux.") || strings.HasPrefix(name, "com1.") {
			t.Errorf("not every system can write %s", name)
		}
		read = append(read, document.Slug)
	}
	slices.Sort(read)
	slices.Sort(slugs)
	if !slices.Equal(read, slugs) {
		t.Errorf("the archive has %q, want %q", read, slugs)
	}
}

// Front matter has the names that fields have everywhere else, so that a post can be written by hand.
func TestNamesOfFields(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, d := range complete {
		file, err := transfer.Format(d)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(file)
	}
	for field := range reflect.TypeFor[post.Document]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "content" && !strings.Contains(all.String(), "\n"+name+": ") && !strings.Contains(all.String(), "\n"+name+":\n") {
			t.Errorf("no file has the field %s", name)
		}
	}
}
