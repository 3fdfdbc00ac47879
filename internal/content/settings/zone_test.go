package settings_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/echoblogs/echoblogs/internal/content/settings"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestParseLocal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ zone, local, want string }{
		{"Europe/Berlin", "2027-01-31T18:30", "2027-01-31T17:30:00Z"},
		{"Europe/Berlin", "2027-07-31T18:30:15", "2027-07-31T16:30:15Z"},
		{"Europe/Berlin", "2027-07-31", "2027-07-30T22:00:00Z"},
		{"UTC", "2027-07-31T18:30", "2027-07-31T18:30:00Z"},

		// The hour that is skipped.
		{"Europe/Berlin", "2027-03-28T01:59", "2027-03-28T00:59:00Z"},
		{"Europe/Berlin", "2027-03-28T02:00", "2027-03-28T01:00:00Z"}, // 03:00
		{"Europe/Berlin", "2027-03-28T02:30", "2027-03-28T01:30:00Z"}, // 03:30
		{"Europe/Berlin", "2027-03-28T03:00", "2027-03-28T01:00:00Z"},
		{"America/New_York", "2027-03-14T02:30", "2027-03-14T07:30:00Z"},    // 03:30
		{"Australia/Lord_Howe", "2027-10-03T02:15", "2027-10-02T15:45:00Z"}, // 02:45, half an hour
		{"America/Santiago", "2027-09-05", "2027-09-05T04:00:00Z"},          // midnight is skipped: 01:00
		{"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00:00Z"},        // a day that was skipped: the 31st

		// The hour that comes twice.
		{"Europe/Berlin", "2027-10-31T01:59", "2027-10-30T23:59:00Z"},
		{"Europe/Berlin", "2027-10-31T02:30", "2027-10-31T00:30:00Z"}, // in summer time
		{"Europe/Berlin", "2027-10-31T03:00", "2027-10-31T02:00:00Z"},
		{"America/New_York", "2027-11-07T01:30", "2027-11-07T05:30:00Z"},
		{"Australia/Lord_Howe", "2027-04-04T01:45", "2027-04-03T14:45:00Z"},
	} {
		zone := location(t, test.zone)
		at, ok := settings.ParseLocal(test.local, zone)
		if got := at.UTC().Format(time.RFC3339); !ok || got != test.want {
			t.Errorf("%s in %s is %s, want %s", test.local, test.zone, got, test.want)
		}
		if again, ok := settings.ParseLocal(settings.FormatLocal(at, zone), zone); !ok || !again.Equal(at.Truncate(time.Minute)) {
			t.Errorf("%s in %s is %s, and that is shown as %s", test.local, test.zone, at, again)
		}
	}
	for _, text := range []string{"", "2027-02-30T10:00", "2027-01-31T25:00", "31.01.2027", "0000-01-01T00:00", "2027-01-31T10:00Z"} {
		if at, ok := settings.ParseLocal(text, time.UTC); ok {
			t.Errorf("%q is read as %s", text, at)
		}
	}
}

// Of each time that clocks show in some years, Instant returns the first instant; and each date has some.
func TestInstants(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Europe/Berlin", "Europe/Dublin", "America/St_Johns", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kolkata", "Antarctica/Troll"} {
		zone := location(t, name)
		first := map[string]time.Time{}
		for at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2028; at = at.Add(30 * time.Minute) {
			local := at.In(zone).Format("2006-01-02T15:04")
			if _, seen := first[local]; !seen {
				first[local] = at
			}
			if got := settings.Instant(at.In(zone), zone); !got.Equal(first[local]) {
				t.Fatalf("%s in %s: %s, want %s", local, name, got.UTC(), first[local])
			}
		}
	}
}

// Each time zone that is offered can be chosen.
func TestTimeZones(t *testing.T) {
	t.Parallel()
	zones := settings.TimeZones()
	for _, name := range zones {
		if s := (settings.Settings{TimeZone: name}); s.Check() != nil {
			t.Errorf("%s cannot be chosen", name)
		}
	}
	if len(zones) < 400 || !slices.Contains(zones, "Europe/Berlin") || !slices.Contains(zones, "UTC") {
		t.Errorf("there are %d time zones", len(zones))
	}
}

// Images from scratch have no time zones: each program that reads settings carries them.
func TestProgramsCarryTimeZones(t *testing.T) {
	t.Parallel()
	const module = "github.com/echoblogs/echoblogs/"
	list, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, module+"cmd/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	programs := 0
	for line := range strings.Lines(string(list)) {
		packages := strings.Fields(line)
		if !slices.Contains(packages, module+"internal/content/settings") {
			continue
		}
		if programs++; !slices.Contains(packages, "time/tzdata") {
			t.Errorf("%s does not import time/tzdata", packages[0])
		}
	}
	if programs < 2 {
		t.Errorf("%d programs read settings", programs)
	}
}
