package editor

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// settingsPath is the form of the settings of the blog.
const settingsPath = site.SettingsPath

// settingsForm is the form of the settings of the blog.
type settingsForm struct {
	formFields
	// Revision identifies the version that is edited. 0: the owner has set nothing.
	Revision int64
	// Title is that of the blog, which is not among its settings, and AccountURL is where the owner changes it.
	Title, AccountURL string
	// Themes and Accents are looks to choose from.
	Themes  []*theme.Theme
	Accents []theme.Accent
	// Zones are time zones to choose from.
	Zones []string
	// Pictures are uploads to choose that of the author from.
	Pictures []uploadItem
	// Notice says what was just done. Empty: nothing.
	Notice string
	// AboutNotes and FooterNotes are about what readers see of these texts otherwise than it was written.
	AboutNotes, FooterNotes []render.Note
}

// MaxPostsPerPage is how many posts a page can have.
func (f *settingsForm) MaxPostsPerPage() int { return settings.MaxPostsPerPage }

// newSettingsForm returns the form of a version of the settings.
func newSettingsForm(r *request, revision int64, values map[string]string) *settingsForm {
	return &settingsForm{
		formFields: formFields{Errors: map[string]string{}, ReadOnly: r.readOnlyReason(), prefix: "settings", values: values},
		Revision:   revision, Title: r.tenant.DisplayName, AccountURL: site.AccountURL(r.tenant), Zones: settings.TimeZones(),
		Themes: theme.All(), Accents: theme.Accents(),
	}
}

// Theme returns the name of the theme that the form has.
func (f *settingsForm) Theme() string { return theme.Find(f.values["theme"]).Name }

// Accent returns the name of the accent that the form has. Empty: that of the theme.
func (f *settingsForm) Accent() string { return f.values["accent"] }

// PreviewPath returns the address of the list of posts in the theme and the accent that the form has.
func (f *settingsForm) PreviewPath() string {
	return "/?" + url.Values{"theme": {f.Theme()}, "accent": {f.Accent()}}.Encode()
}

// settingsValues returns what the fields hold, by the names that they have in errors.
func settingsValues(s *settings.Settings) map[string]string {
	var navigation []string
	for _, link := range s.Navigation {
		navigation = append(navigation, link.Label+" "+link.Address)
	}
	return map[string]string{
		"theme": s.Theme, "accent": s.Accent,
		"tagline": s.Tagline, "author": s.Author, "author_picture": s.AuthorPicture, "about": s.About, "footer": s.Footer,
		"language": s.Language, "time_zone": s.TimeZone, "posts_per_page": strconv.Itoa(s.PageSize()),
		"reply_to": s.ReplyTo, "excerpts_in_feed": checkValue(s.ExcerptsInFeed), "navigation": strings.Join(navigation, "\n"), "rel_me": strings.Join(s.RelMe, "\n"),
		"smart_punctuation": checkValue(s.SmartPunctuation), "table_of_contents": checkValue(s.TableOfContents),
		"ai_crawlers": checkValue(s.AICrawlers), "hidden": checkValue(s.Hidden),
	}
}

// parseSettings reads the fields. The name and the address of a link in the navigation are on one line. A number that cannot be read
// is none that settings can have.
func parseSettings(values map[string]string) settings.Settings {
	s := settings.Settings{
		Theme: values["theme"], Accent: values["accent"],
		Tagline: values["tagline"], Author: values["author"], AuthorPicture: values["author_picture"], About: values["about"], Footer: values["footer"],
		Language: values["language"], TimeZone: values["time_zone"], RelMe: strings.Split(values["rel_me"], "\n"),
		ReplyTo: values["reply_to"], ExcerptsInFeed: values["excerpts_in_feed"] != "", SmartPunctuation: values["smart_punctuation"] != "",
		TableOfContents: values["table_of_contents"] != "", AICrawlers: values["ai_crawlers"] != "", Hidden: values["hidden"] != "",
	}
	if text := strings.TrimSpace(values["posts_per_page"]); text != "" {
		size, err := strconv.Atoi(text)
		if s.PostsPerPage = size; err != nil || size < 1 {
			s.PostsPerPage = -1
		}
	}
	for line := range strings.Lines(values["navigation"]) {
		line = strings.TrimSpace(line)
		address := line[strings.LastIndexAny(line, " \t")+1:]
		s.Navigation = append(s.Navigation, settings.NavigationLink{Label: strings.TrimSuffix(line, address), Address: address})
	}
	return s
}

// showSettings shows the settings of the blog.
func (e *Editor) showSettings(w http.ResponseWriter, r *request) error {
	set, err := e.settings(r)
	if err != nil {
		return err
	}
	f := newSettingsForm(r, revisionOf(set), settingsValues(&set.Settings))
	f.Notice = notices[r.URL.Query().Get("done")]
	err = e.rendering(r, func() error {
		f.AboutNotes, f.FooterNotes = set.Notes()
		return nil
	})
	if err != nil && !errors.Is(err, site.ErrBusy) {
		return err
	}
	return e.sendSettings(w, r, f, http.StatusOK)
}

func (e *Editor) sendSettings(w http.ResponseWriter, r *request, f *settingsForm, status int) error {
	f.Pictures = e.suggestPictures(r, status)
	return e.show(w, r, view{name: "settings", title: "Settings", style: "posts.css", script: "look.js", Data: f, status: status})
}

// revisionOf identifies a version of the settings in a form.
func revisionOf(set settings.Stored) int64 {
	if set.UpdatedAt.IsZero() {
		return 0
	}
	return set.UpdatedAt.UnixMicro()
}

// saveSettings stores the settings of a form. Whatever fails, what was entered is shown again.
func (e *Editor) saveSettings(w http.ResponseWriter, r *request) error {
	release, ok := e.parseForm(w, r)
	if !ok {
		return nil
	}
	defer release()
	values := map[string]string{}
	for name := range settingsValues(&settings.Settings{}) {
		values[name] = r.PostFormValue(name)
	}
	f := newSettingsForm(r, number(r.PostFormValue("revision")), values)
	switch _, refusal, err := e.authorize(r); {
	case err != nil:
		return e.settingsFailed(w, r, f, err)
	case refusal != "":
		f.Errors[""] = refusal
		return e.sendSettings(w, r, f, http.StatusForbidden)
	}
	save := settings.SaveRequest{Settings: parseSettings(values), Now: r.now}
	if f.Revision != 0 {
		save.Base = time.UnixMicro(f.Revision).UTC()
	}
	err := e.rendering(r, func() error {
		return e.write(r, func(ctx context.Context, db postgres.Beginner) error {
			_, err := settings.NewStore(r.tenant.SchemaName).Save(ctx, db, save)
			return err
		})
	})
	var invalid *settings.InvalidError
	switch {
	case err == nil:
		web.SeeOther(w, r.Request, settingsPath+"?done=saved")
		return nil
	case errors.As(err, &invalid):
		for _, field := range invalid.Fields {
			f.Errors[field.Field] = field.Sentence
		}
		return e.sendSettings(w, r, f, http.StatusUnprocessableEntity)
	case errors.Is(err, settings.ErrChanged):
		return e.settingsChanged(w, r, f)
	}
	return e.settingsFailed(w, r, f, err)
}

// settingsChanged shows the form with the settings that were changed since it was opened. Saving again replaces them.
func (e *Editor) settingsChanged(w http.ResponseWriter, r *request, f *settingsForm) error {
	stored, err := e.settings(r)
	if err != nil {
		return e.settingsFailed(w, r, f, err)
	}
	f.Revision = revisionOf(stored)
	f.Errors[""] = "The settings were changed after you opened this page, in another window or by someone else. Nothing was saved, and what you entered is " +
		"still here. Compare it with what is set now. Save again to replace that."
	entered := parseSettings(f.values)
	entered.Normalize()
	now := settingsValues(&stored.Settings)
	for name, value := range settingsValues(&entered) {
		switch {
		case value == now[name]:
		case now[name] == "":
			f.Errors[name] = "This is not set now."
		case now[name] == checked:
			f.Errors[name] = "This is set now."
		default:
			f.Errors[name] = "Now: " + now[name]
		}
	}
	return e.sendSettings(w, r, f, http.StatusConflict)
}

// settingsFailed shows the form again when the database is unavailable, or too much is being done for the blog.
func (e *Editor) settingsFailed(w http.ResponseWriter, r *request, f *settingsForm, cause error) error {
	if errors.Is(cause, site.ErrBusy) {
		f.Errors[""] = busySentence
		return e.sendSettings(w, r, f, http.StatusTooManyRequests)
	}
	e.LogFailure(r.Request, r.tenant, cause)
	w.Header().Set("Retry-After", strconv.Itoa(int(site.RetryAfter.Seconds())))
	f.Errors[""] = "The database is not responding, so the settings may not have been saved. Save them again in a few seconds."
	return e.sendSettings(w, r, f, http.StatusServiceUnavailable)
}
