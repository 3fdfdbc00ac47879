// Package field normalizes and checks what authors enter.
package field

import (
	"net/url"
	"regexp"
	"strings"
)

// MaxURLBytes is the maximum size of an address, which all browsers and servers accept.
const MaxURLBytes = 2000

// Line returns text as it is shown on one line: without superfluous white space and control characters.
func Line(text string) string {
	return strings.Join(strings.Fields(controls.ReplaceAllString(text, "")), " ")
}

// controls are the control characters that are no white space, those that embed or override a direction (UAX #9), and the byte
// order mark. Others that nobody sees are part of some scripts: word breaks of Khmer, variants of Japanese names.
var controls = regexp.MustCompile(`[\x00-\x08\x0E-\x1F\x7F-\x{84}\x{86}-\x{9F}\x{202A}-\x{202E}\x{FEFF}]`)

// Lines ends the lines of text with \n, whichever system they come from, and removes the byte order mark that some editors begin
// a file with.
func Lines(text string) string { return lineEnds.Replace(strings.TrimPrefix(text, "\ufeff")) }

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// IsWebAddress reports whether an address names a page of a host, without a user name and a password.
func IsWebAddress(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Hostname() != "" && parsed.User == nil &&
		isUnbroken(address)
}

// IsPath reports whether an address is a path of this site. Browsers read //host and /\host as the address of another site.
func IsPath(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") && parsed.Host == "" && isUnbroken(address)
}

// IsImageAddress reports whether a page can show the image with an address: browsers load none over http on a page that came over
// https.
func IsImageAddress(address string) bool {
	return IsPath(address) || IsWebAddress(address) && strings.HasPrefix(strings.ToLower(address), "https:")
}

// isUnbroken reports whether an address has none of the characters that browsers drop or replace.
func isUnbroken(address string) bool { return !strings.ContainsAny(address, "\\ \t\r\n") }

// IsLanguage reports whether a tag has the form of BCP 47, as the sanitizer accepts it.
func IsLanguage(tag string) bool { return languageForm.MatchString(tag) }

var languageForm = regexp.MustCompile(`^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8}){0,5}$`)
