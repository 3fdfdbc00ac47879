package naming

import "regexp"

// deviceName matches the names that Windows keeps for devices, which no file can have, whatever its extension
// (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
var deviceName = regexp.MustCompile(`(?i)^(con|prn|aux|nul|(com|lpt)[0-9])$`)

// FileName returns the name of a file that every system can write, for a tenant or a post with a name. It differs from name
// only where Windows keeps that for a device: then an underscore follows, which no such name contains, so that different
// names have different files.
func FileName(name, extension string) string {
	if deviceName.MatchString(name) {
		name += "_"
	}
	return name + extension
}
