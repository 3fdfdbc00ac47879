package settings

import "time"

// Instant returns when clocks in a zone show the date and the time of day of local, whatever the zone of local is:
//
//   - of an hour that comes twice, because clocks are set back, the first;
//   - a time that is skipped, because clocks are set forward, as much later as they are set: 02:30 becomes 03:30.
//
// time.Date does not say which of two instants it returns.
func Instant(local time.Time, zone *time.Location) time.Time {
	year, month, day := local.Date()
	hour, minute, seconds := local.Clock()
	inUTC := time.Date(year, month, day, hour, minute, seconds, local.Nanosecond(), time.UTC)
	// The instant is less than a day away from the same time in UTC, and clocks are not set twice in two days.
	before, after := offsetAt(inUTC.AddDate(0, 0, -1).In(zone)), offsetAt(inUTC.AddDate(0, 0, 1).In(zone))
	first, second := inUTC.Add(-before).In(zone), inUTC.Add(-after).In(zone)
	if offsetAt(first) != before && offsetAt(second) == after {
		return second
	}
	return first // also if the time is skipped: then the clocks have been set
}

// offsetAt returns how far clocks are ahead of UTC at an instant, in its zone.
func offsetAt(at time.Time) time.Duration {
	_, seconds := at.Zone()
	return time.Duration(seconds) * time.Second
}

// ParseLocal reads a date and a time of day as browsers send them (the input datetime-local), or a date alone, which is its
// midnight, as an instant in a zone.
func ParseLocal(text string, zone *time.Location) (at time.Time, ok bool) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly} {
		if local, err := time.Parse(layout, text); err == nil && local.Year() > 1 {
			return Instant(local, zone), true
		}
	}
	return time.Time{}, false
}

// FormatLocal returns what ParseLocal reads as an instant in a zone, without its seconds.
func FormatLocal(at time.Time, zone *time.Location) string {
	return at.In(zone).Format("2006-01-02T15:04")
}
