package settings

import (
	_ "embed"
	"slices"
	"strings"
)

// zones are the names of the time zone database that its list by countries has (zone.tab), and UTC.
//
//go:embed zones.txt
var zones string

// TimeZones returns names of time zones to choose from. There are others, such as former names.
func TimeZones() []string { return slices.Collect(strings.FieldsSeq(zones)) }
