package naming

import (
	"regexp"
	"unicode/utf8"
)

// The parts of TextPattern, as contents of character classes.
const (
	// unseen are characters that a reader does not see: control characters, formatting such as a change of direction,
	// fillers, variation selectors, characters of private use, those that Unicode keeps for such characters
	// (Default_Ignorable_Code_Point), and those that it will never assign.
	unseen = `\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{2065}\x{2800}\x{3164}\x{FE00}-\x{FE0F}\x{FDD0}-\x{FDEF}\x{FFA0}\x{FFF0}-\x{FFFC}\x{FFFE}\x{FFFF}\x{16FE4}\x{1D159}\x{1FFFE}\x{1FFFF}\x{2FFFE}\x{2FFFF}\x{3FFFE}-\x{10FFFF}`
	// emoji may be followed by the variation selector that makes them colourful.
	emoji = `\x{A9}\x{AE}\x{203C}\x{2049}\x{2122}\x{2139}\x{3030}\x{303D}\x{3297}\x{3299}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}`
	// joinable are emoji, and letters of scripts that need joiners: Arabic, those of India, Mongolian.
	joinable = `\x{0590}-\x{061B}\x{061D}-\x{109F}\x{1780}-\x{17B3}\x{17B6}-\x{180A}\x{1810}-\x{1CFF}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}`
)

// TextPattern matches text that is shown on one line as it is stored, such as a title: no character of it is unseen,
// moves others or ends the line. Joiners and variation selectors are part of some scripts and emoji, and may stand only
// there. The CRD of Tenants has the same pattern; a test compares the two.
const TextPattern = `^(?:[^` + unseen + `]|[` + emoji + `]\x{FE0F}|[0-9#*]\x{FE0F}\x{20E3}|[` +
	joinable + `]\x{FE0F}?(?:[\x{200C}\x{200D}][` + joinable + `]\x{FE0F}?)+)*$`

// VisiblePattern matches text with a character that is not blank.
const VisiblePattern = `[\p{L}\p{N}\p{P}\p{S}]`

// EmailPattern matches text with the shape of an email address at a host name, with the limits of RFC 5321 section 4.5.3. The
// local part is ASCII: few mail servers accept others. An address matches TextPattern, too.
const EmailPattern = `^[!#-\x27*+\-/-9=?A-Z^-~.]{1,64}@(?:` + labelEdge + labelRest + `\.)*` + topLabelStart + labelRest + `$`

// The parts of a label of a host name: letters, digits and hyphens, which it neither begins nor ends with. The last label does
// not begin with a digit (RFC 3696 section 2), as that of an IP address does.
const (
	labelEdge     = `[^\x00-/:-@\[-\x60{-\x7F\p{Z}]`
	labelRest     = `(?:[^\x00-,./:-@\[-\x60{-\x7F\p{Z}]{0,61}` + labelEdge + `)?`
	topLabelStart = `[^\x00-@\[-\x60{-\x7F\p{Z}]`
)

var (
	textRule    = regexp.MustCompile(TextPattern)
	visibleRule = regexp.MustCompile(VisiblePattern)
	unseenRule  = regexp.MustCompile(`[` + unseen + `]`)
	emailRule   = regexp.MustCompile(EmailPattern)
)

// IsVisible reports whether a reader sees something of s.
func IsVisible(s string) bool { return visibleRule.MatchString(unseenRule.ReplaceAllString(s, "")) }

// IsText reports whether s matches TextPattern.
func IsText(s string) bool { return utf8.ValidString(s) && textRule.MatchString(s) }

// IsTitle reports whether s is text that a reader can see.
func IsTitle(s string) bool { return IsText(s) && IsVisible(s) }

// IsEmail reports whether s is text with the shape of an email address.
func IsEmail(s string) bool { return IsText(s) && emailRule.MatchString(s) }
