package editor

import (
	"context"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// settings returns the settings of the blog, which are read once for a request.
func (e *Editor) settings(r *request) (set settings.Stored, err error) {
	if r.set != nil {
		return *r.set, nil
	}
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		set, err = settings.NewStore(r.tenant.SchemaName).Load(ctx, db)
		return err
	})
	if err == nil {
		r.set = &set
	}
	return set, err
}

// clock returns the clock of the author, by the settings that have been read, or else in UTC.
func (r *request) clock() clock {
	if r.set == nil {
		return clock{r.now, time.UTC}
	}
	return clock{r.now, r.set.Location()}
}

// clock formats times as the author's clock shows them.
type clock struct {
	now  time.Time
	zone *time.Location
}

// day formats a date, such as 27 November 2026.
func (c clock) day(at time.Time) string { return at.In(c.zone).Format("2 January 2006") }

// time formats a time of today, such as 18:42, or of another day, such as 26 November, 18:42.
func (c clock) time(at time.Time) string {
	if c.day(at) == c.day(c.now) {
		return at.In(c.zone).Format("15:04")
	}
	return at.In(c.zone).Format(c.dayLayout(at) + ", 15:04")
}

// moment formats a date and a time, such as 27 November 2026, 18:42.
func (c clock) moment(at time.Time) string { return at.In(c.zone).Format("2 January 2006, 15:04") }

// future formats a time in the future, such as Friday 27 November, 08:00 (Berlin).
func (c clock) future(at time.Time) string {
	return at.In(c.zone).Format("Monday "+c.dayLayout(at)+", 15:04") + " (" + zoneName(c.zone) + ")"
}

// dayLayout leaves out the year if it is the present one.
func (c clock) dayLayout(at time.Time) string {
	if at.In(c.zone).Year() == c.now.In(c.zone).Year() {
		return "2 January"
	}
	return "2 January 2006"
}

// zoneName returns the city of a time zone, such as Buenos Aires.
func zoneName(zone *time.Location) string {
	name := zone.String()
	return strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ")
}

// state describes whether readers see a post whose date is at, and public says that they do.
func (c clock) state(state post.State, at time.Time) (text string, public bool) {
	switch state {
	case post.StateScheduled:
		return "Appears " + c.future(at), false
	case post.StateUnlisted:
		return "Unlisted since " + c.day(at), true
	case post.StatePublished:
		return "Published on " + c.day(at), true
	default:
		return "Draft", false
	}
}
