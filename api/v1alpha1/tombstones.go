package v1alpha1

import (
	"errors"
	"strconv"
	"strings"
)

// The actions in the value of AnnotationOnTombstone.
const (
	// OnTombstoneRestore restores the data of a deleted Tenant.
	OnTombstoneRestore = "Restore"
	// OnTombstoneFresh creates an empty schema; the tombstones are kept for their retention.
	OnTombstoneFresh = "Fresh"
)

// RestoreTombstone returns the value of AnnotationOnTombstone that restores the tombstone with an ID.
func RestoreTombstone(id int64) string { return OnTombstoneRestore + "/" + strconv.FormatInt(id, 10) }

// FreshTombstone returns the value of AnnotationOnTombstone that creates an empty schema although the tombstone with an ID,
// the newest one of the Tenant's name, exists.
func FreshTombstone(id int64) string { return OnTombstoneFresh + "/" + strconv.FormatInt(id, 10) }

// ParseOnTombstone parses a value of AnnotationOnTombstone.
func ParseOnTombstone(value string) (action string, id int64, err error) {
	action, number, _ := strings.Cut(value, "/")
	if action != OnTombstoneRestore && action != OnTombstoneFresh {
		return "", 0, errors.New("it begins neither with Restore/ nor with Fresh/")
	}
	if id, err = strconv.ParseInt(number, 10, 64); err != nil || id <= 0 {
		return "", 0, errors.New("no ID of a tombstone follows, as in " + RestoreTombstone(42))
	}
	return action, id, nil
}
